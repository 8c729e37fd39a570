"""The message on the wire: the standard library reads back what a plain EmailMessage of the same content would say."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailings.content.headers import clean
from mailings.errors import BadTemplate, Unreadable
from mailings.letter import File
from mailings.tokens import Kind, Tokens
from tests.channels.made import compiled, mailing, row
from tests.examples import tried

WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="[]<>&\"'\x1f"), max_size=150)
LINES = st.lists(WORDS, max_size=4).map("\n".join)
VALUES = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x1f\r\n"), max_size=60)
#: at most 36 bytes, one encoded word: of two words of a name Python 3.11's parser makes "a b" (tests/content/test_headers.py has the rest)
NAMES = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x1f\r\n"), max_size=9)
LOGO = File("logo", "image/png", b"\x89PNG not really" * 20, inline=True)
LIST = File("prisliste æøå.pdf", "application/pdf", bytes(range(256)) * 9)
FILES = st.sampled_from([(), (LOGO,), (LIST,), (LOGO, LIST)])


def read(message: bytes) -> EmailMessage:
    """The message as the standard library reads it."""
    found = message_from_bytes(message, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def said(message: EmailMessage) -> dict[str, Any]:
    """What a message says, however it is put together."""
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert text is not None
    others = [part for part in message.walk() if not part.is_multipart() and part.get_content_maintype() != "text"]
    return {
        "subject": message["Subject"],
        "to": [(a.display_name, a.addr_spec) for a in message["To"].addresses],
        "from": [(a.display_name, a.addr_spec) for a in message["From"].addresses],
        "html": html.get_content().replace("\r\n", "\n"),
        "text": text.get_content().replace("\r\n", "\n"),
        "files": [(p.get_content_type(), p.get_filename(), p["Content-ID"], p.get_content_disposition(), p.get_content()) for p in others],
        "shape": [part.get_content_type() for part in message.walk()],
    }


def built(subject: str, html: str, text: str, files: tuple[File, ...], name: str) -> EmailMessage:
    """The same message as the standard library builds it."""
    message = EmailMessage(policy=default)
    message["Subject"], message["To"] = subject, _mailbox(name, "anna@firma.test")
    message["From"] = _mailbox("Fjord & Søn", "news@acme.test")
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    _, part = message.iter_parts()
    for file in files:
        main, _, sub = file.content_type.partition("/")
        if file.inline:
            part.add_related(file.data, main, sub, cid=f"<{file.name}>", disposition="inline")  # type: ignore[attr-defined]
    for file in files:
        main, _, sub = file.content_type.partition("/")
        if not file.inline:
            message.add_attachment(file.data, main, sub, filename=file.name)
    return read(message.as_bytes(policy=SMTP))


def _mailbox(name: str, address: str) -> Any:
    from email.headerregistry import Address  # noqa: PLC0415

    return Address(name, addr_spec=address)


@settings(max_examples=tried(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.tuples(WORDS, LINES, LINES), FILES, NAMES, VALUES)
def test_the_parser_reads_what_a_full_build_says(written: tuple[str, str, str], files: tuple[File, ...], name: str, first: str) -> None:
    """Subject, To, From, text, HTML, attachments and inline images are read back as from an EmailMessage, in QP and in 8bit."""
    subject, html, text = written
    source = f"<html><body>{html}<p>[[ customer.firstname ]]</p></body></html>"
    made = compiled(mailing(subject=subject + " [[ customer.firstname ]]", html=source, text=text + "x [[ customer.name ]]"), *files)
    one = row(made, 5, "anna@firma.test", name=name, firstname=first)
    _, plain_html, plain_text = made.plain(one, 5)
    # EmailMessage loses spaces where it folds a header, so subject and name are held against what was meant
    meant = {"subject": clean(f"{subject} {first}"), "to": [(" ".join(clean(name).split()), "anna@firma.test")]}
    expected = said(built("x", plain_html, plain_text, files, "x")) | meant
    for eight_bit in (False, True):
        raw = made.offer(one).message.mime(eight_bit=eight_bit)
        assert said(read(raw)) == expected
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert b"\n" not in raw.replace(b"\r\n", b"")
        if not eight_bit:
            assert raw.isascii()
            assert b"\r\n." not in raw


def test_headers_of_a_message() -> None:
    """Same delivery, same Message-ID; another delivery, another; unsubscribing by header needs no more than a POST (RFC 8058)."""
    made = compiled(mailing())
    first, again, other = (
        read(made.offer(row(made, n, "ida@firma.test", name="Ida Ø", firstname="Ida")).message.mime()) for n in (41, 41, 42)
    )
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert first["Message-ID"].endswith("@acme.test>")
    assert first["Date"].datetime.tzinfo is not None
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = first["List-Unsubscribe"].strip("<>")
    assert address.startswith("https://post.test/u/")
    assert Tokens("a-secret-of-the-tests").read(Kind.UNSUBSCRIBE, address.rpartition("/")[2]).delivery == 41
    assert first["Subject"] == "Hei Ida"
    assert first["Reply-To"] is None


def test_a_value_with_line_ends_makes_no_header_and_no_body() -> None:
    """A name out of a rough list cannot add a Bcc, in the To line or through the subject."""
    made = compiled(mailing())
    evil = "Ida\r\nBcc: all@acme.test\r\n\r\nhello"
    message = read(made.offer(row(made, 1, "ida@firma.test", name=evil, firstname=evil)).message.mime())
    assert message["Bcc"] is None
    assert "Bcc: all@acme.test" in message["Subject"]
    assert [a.addr_spec for a in message["To"].addresses] == ["ida@firma.test"]


def test_a_line_too_long_for_eight_bit_goes_quoted() -> None:
    """A value that makes a line of more than 998 bytes is sent quoted-printable even where the server takes 8bit."""
    made = compiled(mailing())
    short, long = (row(made, 1, "ida@firma.test", firstname=first) for first in ("Åse", "å" * 600))
    assert b"Content-Transfer-Encoding: 8bit" in made.offer(short).message.mime(eight_bit=True)
    assert "Åse".encode() in made.offer(short).message.mime(eight_bit=True)
    message = made.offer(long).message.mime(eight_bit=True)
    assert b"8bit" not in message
    assert max(map(len, message.split(b"\r\n"))) <= 998


def test_an_impossible_address_is_that_recipients_trouble_alone() -> None:
    """Unreadable comes when the message is asked for, so that the transport refuses one and carries the rest."""
    made = compiled(mailing())
    offer = made.offer(row(made, 1, "ærlig@firma.test", firstname="Ærlig"))
    with pytest.raises(Unreadable, match="ærlig"):
        offer.message.mime()


def test_a_template_that_fails_for_one_recipient_says_so() -> None:
    """A division by a value that is empty is one sentence for one recipient, not a crash of the run."""
    made = compiled(mailing(html="<p>[[ 1 / (customer.firstname|length) ]]</p>"))
    assert b"0.5" in made.offer(row(made, 1, "a@b.test", firstname="Åse"[:2])).message.mime()
    with pytest.raises(Unreadable, match="division"):
        made.offer(row(made, 1, "a@b.test", firstname="")).message.mime()


def test_unknown_names_do_not_compile() -> None:
    """Nothing is sent with a variable that does not exist."""
    with pytest.raises(BadTemplate, match=r"customer.shoesize is not a variable"):
        compiled(mailing(html="<p>[[ customer.shoesize ]]</p>"))
