"""Delivery reports are read by their fields, as far as those are true, and name the delivery by more than their words."""

from __future__ import annotations

import pytest

from mailings.channels.email.bounces import Read, ReadKind, read_bounce
from mailings.reported import BounceKind, BounceWhy

HEAD = """Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.hav.test>
To: bounces+11-0123456789ab@fjord.test
Delivered-To: post@fjord.test
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

This is the mail system at host mx.hav.test.

"""
BACK = """
--b
Content-Type: message/rfc822

Return-Path: <bounces+11-0123456789ab@fjord.test>
Message-ID: <17.aabbccddeeff@fjord.test>
From: nyhetsbrev@fjord.test
To: åse@hav.test
X-Mailing: vår-2026
List-Id: <nyheter.fjord.test>

Hei
--b--
"""


def report(fields: str, text: str = "", part: str = "message/delivery-status") -> Read:
    """What a report with these fields says."""
    return read_bounce(f"{HEAD}{text}\n\n--b\nContent-Type: {part}\n\nReporting-MTA: dns; mx.hav.test\n\n{fields}\n{BACK}".encode())


FAILED = "Final-Recipient: rfc822; ase@hav.test\nAction: failed\nStatus: {}\nDiagnostic-Code: smtp; {}\n"


@pytest.mark.parametrize(
    ("status", "said", "kind", "why"),
    [
        ("5.1.1", "550 5.1.1 <ase@hav.test>: User unknown", BounceKind.HARD, BounceWhy.MAILBOX),
        ("4.4.1", "connect to hav.test[192.0.2.1]:25: Connection timed out", BounceKind.SOFT, BounceWhy.EXPIRED),
        ("5.0.0", "550-5.7.26 This mail is unauthenticated: DMARC did not pass", BounceKind.POLICY, BounceWhy.AUTHENTICATION),
        ("5.1.1", "550 5.1.1 <ase@hav.test>: 192.0.2.1 has sent to too many recipients this hour", BounceKind.POLICY, BounceWhy.RATE),
        ("5.2.2", "552 4.2.2 quota", BounceKind.SOFT, BounceWhy.FULL),
        ("5.7.1", "554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org", BounceKind.POLICY, BounceWhy.REPUTATION),
        ("5.3.4", "552 5.3.4 Message size exceeds fixed limit", BounceKind.POLICY, BounceWhy.SIZE),
        ("5.7.1", "550 5.7.1 full@hav.test: IP address blacklisted by recipient", BounceKind.POLICY, BounceWhy.REPUTATION),
    ],
)
def test_the_reply_goes_before_the_fields(status: str, said: str, kind: BounceKind, why: BounceWhy) -> None:
    """A queue that gave up says failed with 4.x, Exim 5.0.0 always: the other server's own words and codes tell."""
    [one] = report(FAILED.format(status, said)).recipients
    assert (one.address, one.kind, one.why) == ("ase@hav.test", kind, why)


@pytest.mark.parametrize(
    ("command", "why"), [("RCPT TO", BounceWhy.MAILBOX), ("end of DATA", BounceWhy.FILTERED), ("MAIL FROM", BounceWhy.SENDER)]
)
def test_what_was_answered_decides_whom_it_blames(command: str, why: BounceWhy) -> None:
    """User unknown blames the address only in answer to the address."""
    text = f"<ase@hav.test>: host mx2.hav.test[192.0.2.2] said: 550 User unknown (in reply to {command} command)"
    [one] = report(FAILED.format("5.0.0", "550 User unknown"), text).recipients
    assert one.why is why
    assert (one.kind is BounceKind.HARD) == (why is BounceWhy.MAILBOX)


def test_the_address_is_the_one_we_wrote() -> None:
    """Where the report knows it, the address before a forward is told, and where it led to besides."""
    [one] = report("Original-Recipient: rfc822;Åse@HAV.test\n" + FAILED.format("5.1.1", "550 no")).recipients
    assert (one.address, one.final) == ("Åse@hav.test", "ase@hav.test")


def test_addresses_beyond_ascii() -> None:
    """RFC 6533: letters beyond ASCII, on both sides of the @."""
    [one] = report(
        "Final-Recipient: utf-8; søren@blåbær.test\nAction: failed\nStatus: 5.1.1\n", part="message/global-delivery-status"
    ).recipients
    assert (one.address, one.why) == ("søren@blåbær.test", BounceWhy.MAILBOX)


def test_ids_find_the_delivery_even_when_the_words_say_nothing() -> None:
    """The Message-ID given back, the address it came to, and headers of the original."""
    read = report("", "It did not work out.")
    assert read.kind is ReadKind.BOUNCE
    assert read.message_ids == ("<17.aabbccddeeff@fjord.test>",)
    assert {"bounces+11-0123456789ab@fjord.test", "post@fjord.test"} <= set(read.addressed_to)
    assert read.original["x-mailing"] == "vår-2026"
    [one] = read.recipients
    assert (one.address, one.why, one.kind) == ("åse@hav.test", BounceWhy.UNKNOWN, BounceKind.SOFT)
    assert one.confidence < 0.5


@pytest.mark.parametrize(
    ("action", "kind"), [("delayed", ReadKind.DELAYED), ("delivered", ReadKind.DELIVERED), ("relayed", ReadKind.DELIVERED)]
)
def test_what_did_not_come_back(action: str, kind: ReadKind) -> None:
    """A delay and a receipt are told as such."""
    assert report(f"Final-Recipient: rfc822; ase@hav.test\nAction: {action}\nStatus: 4.4.1\n").kind is kind


def test_only_those_who_did_not_get_it_are_named() -> None:
    """Of two recipients one got it: the other came back."""
    fields = "Final-Recipient: rfc822; bo@hav.test\nAction: delivered\nStatus: 2.0.0\n\n" + FAILED.format("5.1.1", "550 5.1.1 unknown")
    read = report(fields)
    assert (read.kind, [one.address for one in read.recipients]) == (ReadKind.BOUNCE, ["ase@hav.test"])


def test_text_alone_never_makes_an_address_invalid() -> None:
    """Only a provider may be that sure (domain.md D7)."""
    assert report(FAILED.format("5.1.1", "550 5.1.1 No such user, permanently, invalid")).recipients[0].kind is BounceKind.HARD


def test_a_report_that_was_forwarded_as_text() -> None:
    """Quoted with > and without any MIME, the fields still tell."""
    fields = "\n".join("> " + line for line in FAILED.format("5.1.1", "550 5.1.1 User unknown").splitlines())
    read = read_bounce(f"From: Åse <ase@fjord.test>\nSubject: Fwd: Returned mail\n\nSee:\n\n{fields}\n".encode())
    assert [(one.address, one.why) for one in read.recipients] == [("ase@hav.test", BounceWhy.MAILBOX)]
