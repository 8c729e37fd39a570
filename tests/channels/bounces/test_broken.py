"""No message makes the reader fail or hang: cut, overwritten, doubled, lied about, nested, endless."""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailings.channels.email.bounces import Read, ReadKind, read_bounce
from mailings.channels.email.bounces.reading import understood
from tests.examples import tried

DATA = Path(os.environ.get("MAILINGS_TEST_DATA", "")) / "bounces"
SERVER = b"From: MAILER-DAEMON@mx.hav.test\nSubject: failure notice\n"
HTML = SERVER + b"Content-Type: text/html\n\n"
TEXT = SERVER + b"\n"
HANGS = 20.0  #: seconds of our own time; every one of these takes a fraction of one, what grows with the square takes minutes

CHARSETS = [b"utf-16", b"utf-7", b"x-nonsense", b"idna", b"punycode", b"hex", b"base64", b"zlib", b"rot13", b"unicode_escape", b""]
ENDLESS = {
    "line": TEXT + b"a" * 10_000_000,
    "header": b"Subject: " + b"a " * 5_000_000 + b"\n\nx",
    "folded": b"Subject: x" + b"\n " * 120_000 + b"\n\nx",
    "headers": b"a:\n" * 90_000,
    "encoded words": b"Subject: " + b"=?utf-8?q?=41?= " * 20_000 + b"=?" * 50_000,
    "signs": TEXT + b"a@" * 200_000,
    "addresses": TEXT + b"a.b.c@d.e.f " * 100_000,
    "named": TEXT + b"a.b.c@d.e.f could not be delivered user unknown 550 5.1.1\n" * 5000,
    "tags": HTML + b"<" * 250_000,
    "styles": HTML + b"<style>" * 30_000,
    "comments": HTML + b"<!--" * 60_000,
    "breaks": HTML + b"<br " * 60_000,
    "spaces": TEXT + (b" " * 1999 + b"\n") * 130,
    "dashes": TEXT + (b"-" * 1999 + b"x\n") * 130,
    "words": TEXT + (b"user account mailbox recipient is not the " * 45 + b"\n") * 130,
    "domains": TEXT + b"x@y.test: 550 " + (b"host domain server unknown address no such " * 45 + b"\n") * 130,
    "codes": TEXT + b"550 " * 60_000 + b"5.1." * 60_000,
    "reports": b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
    + b"Final-Recipient: rfc822; a@b.test\nAction: failed\nStatus: 5.1.1\n\n" * 4000,
    "quoted": TEXT + b"  >  Final-Recipient: x@y.test\n\n\n" * 9000,
    "boundaries": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000)),
    "messages": b"Content-Type: message/rfc822\n\n" * 9000,
    "parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: text/plain\n\nx\n" * 8000,
    "json": b'\n{"notificationType":"Bounce","bounce":' + b"[" * 100_000,
    "printable": b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * 250_000,
    "base64": b"Content-Transfer-Encoding: base64\n\n" + b"QQ==" * 60_000,
    "nul": SERVER + b"\n" + b"\0a@b.c" * 40_000,
    "punycode": SERVER + b"Content-Type: text/plain; charset=punycode\n\n" + b"a" * 20 + b"-" + b"b9" * 120_000,
    "colons": b":" * 250_000,
}


@cache
def seeds() -> list[bytes]:
    """Messages to be broken: the samples, and the real ones where they are."""
    samples = sorted((Path(__file__).parent / "samples").glob("*.txt"))
    return [file.read_bytes().partition(b"\n\n")[2] for file in samples] + [file.read_bytes() for file in sorted(DATA.glob("*/*.eml"))]


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """One message, broken in one of the ways in which messages break."""
    message = bytearray(draw(st.sampled_from(seeds())))
    match draw(st.integers(0, 5)):
        case 0:
            return bytes(message[: draw(st.integers(0, len(message)))])
        case 1:
            for at in draw(st.lists(st.integers(0, len(message) - 1), max_size=30)):
                message[at] = draw(st.integers(0, 255))
        case 2:
            at = draw(st.integers(0, len(message)))
            message[at:at] = message[: draw(st.integers(0, 5000))]
        case 3:
            message = message.replace(b"us-ascii", draw(st.sampled_from(CHARSETS))).replace(b"utf-8", draw(st.sampled_from(CHARSETS)))
        case 4:
            message = message.replace(b"\n", draw(st.sampled_from([b"", b"\n\n", b"\r", b"\n ", b"\0"])))
        case _:
            message = message.replace(b"@", draw(st.sampled_from([b"@@", b"\0@", b"..@..", b"<@", b"\xff@"])))
    return bytes(message)


@settings(deadline=None, max_examples=tried(400), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(broken())
def test_a_broken_message_is_read_as_far_as_it_goes(message: bytes) -> None:
    """Nothing is raised, even without the net of read_bounce, and what is told stays within its bounds."""
    read = understood(message)
    assert len(read.evidence) <= 2000
    assert all(len(one.said) <= 400 for one in read.recipients)
    assert storable(read)


@settings(deadline=None, max_examples=tried(200))
@given(st.binary(max_size=4000))
def test_anything_may_lie_in_the_mailbox(message: bytes) -> None:
    """Bytes of any kind are read, as nothing or as what they happen to be."""
    assert storable(understood(message))


def storable(read: Read) -> bool:
    """Whether a database takes every text of it: no NUL, nothing that cannot be UTF-8."""
    named = [text for one in read.recipients for text in (one.address, one.final, one.status, one.code, one.said)]
    texts = [*named, *read.message_ids, *read.addressed_to, *read.original.values(), read.feedback, read.evidence]
    return all("\0" not in text and text.encode("utf-8") is not None for text in texts)


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Type: text/plain; charset=utf-7\n\nunknown user a@b.test +2AA-",
        b"Content-Type: text/plain; charset=utf-16le\n\nu\0n\0\0\0k\0\x00\xd8a\0",
        b"Content-Type: text/plain; charset=unicode_escape\n\nunknown user a@b.test \\ud800 \\x00",
        b"Content-Transfer-Encoding: quoted-printable\n\nunknown user a@b.test =00=ED=A0=80",
        b'\n{"notificationType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":"a@b.test","status":"\\u0000","diagnosticCode":"\\ud800\\u0000"}]}}',
    ],
)
def test_what_is_told_can_be_stored(content: bytes) -> None:
    """Neither a charset nor an encoding nor JSON smuggles in what PostgreSQL refuses."""
    assert storable(understood(SERVER + content))


@pytest.mark.parametrize("message", ENDLESS.values(), ids=list(ENDLESS))
def test_an_endless_message_ends(message: bytes) -> None:
    """What somebody wrote to keep the reader busy takes it no longer than its first 256 KiB do."""
    started = time.process_time()
    understood(message)
    assert time.process_time() - started < HANGS


def test_a_mistake_of_ours_costs_one_message() -> None:
    """What trips the reader up is nothing, not an end of the reading."""
    assert read_bounce(None).kind is ReadKind.NOTHING  # type: ignore[arg-type]
