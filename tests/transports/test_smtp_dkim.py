"""DKIM: what we sign, others find valid, and whoever changes a signed word breaks it."""

from __future__ import annotations

import re
from base64 import b64decode

import dkim
import pytest
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given, settings
from hypothesis import strategies as st

from mailings.content.headers import mailbox, unstructured
from mailings.letter import File
from mailings.transports.smtp.dkim import OVERSIGNED, SIGNED, Signer
from tests.channels.made import compiled, mailing, row
from tests.examples import tried
from tests.transports.keys import ed_key, holds, rsa_key

SIGNER = Signer(rsa_key(), "host1", None)
TEXTS = st.text(max_size=200)


def letter(subject: str, text: str, name: str = "Åse", *, eight_bit: bool = True, files: int = 0) -> bytes:
    """A whole message as the mailing would send it."""
    html = (
        f"<html><body><p>Kjære [[ customer.name ]]</p><pre>{'[% raw %]' + re.sub('[<>&]', '', text) + '[% endraw %]'}</pre></body></html>"
    )
    attached = [File(f"blåbær{n}.pdf", "application/pdf", b"%PDF" + bytes(range(256)) * n) for n in range(files)]
    made = compiled(mailing(subject="S", html=html), *attached)
    message = made.mime(row(made, 17, "åse@fjord.test".replace("å", "a"), name=name), eight_bit=eight_bit)
    return message.replace(b"Subject: S\r\n", (unstructured("Subject", subject) + "\r\n").encode("ascii", "replace"))


@settings(max_examples=tried(200), deadline=None)
@given(TEXTS, st.text(st.characters(exclude_characters="%[]#", exclude_categories=["Cs"]), max_size=300), TEXTS, st.booleans())
def test_others_find_it_valid(subject: str, text: str, name: str, eight_bit: bool) -> None:
    """Whatever stands in subject, name and body, folded headers, 8bit or quoted-printable: dkimpy verifies what we signed."""
    assert holds(SIGNER, SIGNER.signed(letter(subject, text, name, eight_bit=eight_bit)))


@pytest.mark.parametrize("files", [0, 1, 3])
def test_attachments(files: int) -> None:
    """Messages with attachments verify too."""
    assert holds(SIGNER, SIGNER.signed(letter("Blåbærsyltetøy " * 20, "hei", files=files)))


def test_what_is_covered() -> None:
    """Everything Gmail asks for is named in h=, and From once more than it occurs; the signature is relaxed/simple by SHA-256."""
    (tags,) = re.findall(rb"DKIM-Signature: (.*?)\r\n(?! )", SIGNER.signed(letter("Hei", "på deg")), re.DOTALL)
    said = dict(one.strip().split(b"=", 1) for one in re.sub(rb"\s+", b" ", tags).split(b"; "))
    covered = said[b"h"].split(b":")
    assert {b"from", b"list-unsubscribe", b"list-unsubscribe-post", b"message-id", b"feedback-id"} <= set(covered) <= set(SIGNED)
    assert {name: covered.count(name) for name in OVERSIGNED} == {**dict.fromkeys(OVERSIGNED, 2), b"reply-to": 1}  # it has none
    assert (said[b"a"], said[b"c"], said[b"d"]) == (b"rsa-sha256", b"relaxed/simple", b"acme.test")
    assert max(len(line) for line in tags.split(b"\r\n")) < 200


@pytest.mark.parametrize(
    ("found", "put"),
    [
        (b"Subject: Hei", b"Subject: Ha"),
        (b"MIME-Version", b"From: eve@evil.test\r\nMIME-Version"),
        (b"MIME-Version", b"Reply-To: eve@evil.test\r\nMIME-Version"),
        (b"List-Unsubscribe: <", b"List-Unsubscribe: <https://evil.test/?"),
        ("på".encode(), b"pa"),
    ],
)
def test_changed_on_the_way(found: bytes, put: bytes) -> None:
    """Whoever changes a signed word, or adds a second From, is found out."""
    signed = SIGNER.signed(letter("Hei", "på deg"))
    assert holds(SIGNER, signed)
    assert found in signed
    assert not holds(SIGNER, signed.replace(found, put, 1))


@pytest.mark.parametrize("body", [b"", b"\r\n", b"\r\n\r\n\r\n", b"a\r\n\r\n\r\n", b" \r\n", b".\r\n..\r\n", b"a", b"\x80\xff\r\n \r\n"])
def test_ends_of_bodies(body: bytes) -> None:
    """Bodies without lines, with empty ones at their end, or with none that ends: all verify."""
    assert holds(SIGNER, SIGNER.signed(b"From: a@acme.test\r\nSubject: \t x\r\n\t y \r\n\r\n" + body))


def test_headers_that_occur_twice() -> None:
    """Of headers that occur twice both are covered, the last first, as verifiers read them."""
    twice = b"From: a@acme.test\r\nTo: x@y.test\r\nTo: z@y.test\r\nSUBJECT: hei\r\n\r\nx\r\n"
    assert holds(SIGNER, SIGNER.signed(twice))


@pytest.mark.parametrize(
    ("sender", "ours", "signs"),
    [
        ("a@Acme.test", None, "acme.test"),
        ("a@news.acme.test", "acme.test", "acme.test"),
        ("a@acme.test", "acme.test", "acme.test"),
        ("a@evil-acme.test", "acme.test", None),
        ("a@acme.test", "news.acme.test", None),
        ("nobody", None, None),
    ],
)
def test_whose_signature(sender: str, ours: str | None, signs: str | None) -> None:
    """It signs for the From's own domain or one above it, and for nobody else: such a message goes unsigned."""
    signer = Signer(rsa_key(), "s1", ours)
    for value in (mailbox("Søn, Bjørn <x@y.test>", sender) if "@" in sender else sender, sender):
        message = f"From: {value}\r\nSubject: hei\r\n\r\nx\r\n".encode()
        signed = signer.signed(message)
        assert signed == message if signs is None else holds(signer, signed, signs)


def test_ed25519() -> None:
    """An Ed25519 signature is over the SHA-256 of what dkimpy takes for the canonical headers, the body's hash among them (RFC 8463)."""
    signer = Signer(ed_key(), "ed", "acme.test")
    signed = signer.signed(letter("Blåbær " * 30, "hei"))
    fields = [
        (name, value) for name, _, value in (one.partition(b":") for one in re.split(rb"\r\n(?![ \t])", signed.split(b"\r\n\r\n")[0]))
    ]
    tags = dkim.util.parse_tag_value(fields[0][1].replace(b"\r\n", b""))
    assert tags[b"a"] == b"ed25519-sha256"
    body = Simple.canonicalize_body(signed.partition(b"\r\n\r\n")[2])
    assert b64decode(tags[b"bh"]) == dkim.HASH_ALGORITHMS[b"ed25519-sha256"](body).digest()
    without = [(b"dkim-signature", re.sub(rb"b=[^;]*$", b"b=", fields[0][1]))]
    chosen = dkim.select_headers([(n, v + b"\r\n") for n, v in fields[1:]], tags[b"h"].split(b":"))
    canonical = b"".join(n + b":" + v for n, v in Relaxed.canonicalize_headers([*chosen, *without])).removesuffix(b"\r\n")
    key = ed_key().public_key()
    key.verify(b64decode(re.sub(rb"\s", b"", tags[b"b"])), dkim.HASH_ALGORITHMS[b"ed25519-sha256"](canonical).digest())  # type: ignore[call-arg]
    assert len(b64decode(signer.record.partition("p=")[2])) == 32
