"""Header lines: the standard library reads back what was meant, and no value begins a header of its own."""

from __future__ import annotations

from email import message_from_string
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailings.content.headers import clean, mailbox, unstructured
from mailings.errors import Unreadable

ROUGH = st.text(st.characters(blacklist_categories=("Cs",)), max_size=200) | st.text(alphabet='a =?_\r\n\tæ"\\<>,;:@()', max_size=120)


@given(ROUGH)
def test_a_subject_is_read_back(subject: str) -> None:
    """Any subject: every line at most 78 characters, one header, and the same words when read."""
    lines = unstructured("Subject", subject)
    read = message_from_string(lines + "\r\n\r\n", policy=default)
    assert read.keys() == ["Subject"]
    assert read["Subject"] == clean(subject)
    assert all(len(line) <= 78 for line in lines.split("\r\n"))


@given(ROUGH)
def test_a_name_is_read_back_and_its_address_stays(name: str) -> None:
    """Any name before an address: one mailbox, that name (runs of spaces made one), that address."""
    read = message_from_string(f"To: {mailbox(name, 'anna@firma.test')}\r\n\r\n", policy=default)
    assert read.keys() == ["To"]
    (address,) = read["To"].addresses
    assert address.addr_spec == "anna@firma.test"
    meant = " ".join(clean(name).split())
    if len(meant.encode()) <= 39:  # one encoded word
        assert address.display_name == meant
    # between two encoded words of a name Python 3.11's parser puts a space that RFC 2047 6.2 takes away
    assert address.display_name.replace(" ", "") == meant.replace(" ", "")


@pytest.mark.parametrize("evil", ["x\r\nBcc: all@acme.test", "x\nBcc: y", "x\r\n\r\nbody", "x\u2028Bcc: y", "\x00x\x85Bcc: y"])
def test_a_value_cannot_begin_a_header(evil: str) -> None:
    """Line ends and control characters in a name or subject become spaces: no Bcc, no body, nothing but the header meant."""
    for line in (unstructured("Subject", evil), f"To: {mailbox(evil, 'a@b.test')}"):
        assert message_from_string(line + "\r\n\r\n", policy=default).keys() == [line.split(":")[0]]


@pytest.mark.parametrize("evil", ["a@b.test\r\nBcc: c@d.test", "a b@c.test", "a@b.test> <c@d.test", "ærlig@b.test", "", "a", "a,b@c.test,"])
def test_an_address_that_cannot_stand_in_a_header_is_refused(evil: str) -> None:
    """An address with a line end, a space, a bracket or a letter outside ASCII is this recipient's trouble, said in a sentence."""
    with pytest.raises(Unreadable, match="header"):
        mailbox("x", evil)
