"""Messages that come back to a Maildir, as mail servers write them, of deliveries that are out."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

from mailings.channels.email.identity import message_id
from mailings.channels.email.verp import envelope_sender
from mailings.db import Database
from mailings.model import Delivery, Mailing
from mailings.settings import Settings
from mailings.tokens import Tokens
from mailings.tracking.mailbox import Collected, collect
from tests.sending import world

BOUNCES = "bounces@acme.test"
SECRET = "a-secret-of-the-tests"
_numbers = itertools.count(1)

REPORT = """\
Return-Path: <>
X-Original-To: {came_to}
Delivered-To: kept@mx.acme.test
Date: Sat, 21 Nov 2026 10:00:00 +0100 (CET)
From: MAILER-DAEMON@mx.firma.test (Mail Delivery System)
Subject: {subject}
To: {came_to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B/mx.firma.test"
Message-Id: <{number}@mx.firma.test>

--B/mx.firma.test
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

This is the mail system at host mx.firma.test.

<{recipient}>: host mx.fjord.test[192.0.2.1] said: {reply} (in reply to RCPT TO command)

--B/mx.firma.test
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.firma.test

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.fjord.test
Diagnostic-Code: smtp; {reply}

--B/mx.firma.test
Content-Description: Undelivered Message
Content-Type: message/rfc822

From: Åse <news@acme.test>
Message-ID: {message_id}
Subject: Blåbær

Hei
--B/mx.firma.test--
"""
VACATION = """\
Return-Path: <>
X-Original-To: {came_to}
From: {recipient}
To: {came_to}
Subject: Automatisk svar: Blåbær
Auto-Submitted: auto-replied
Content-Type: text/plain; charset=utf-8
In-Reply-To: {message_id}
Message-Id: <{number}@fjord.test>

Jeg er på ferie til 3. desember.
"""
COMPLAINT = """\
Return-Path: <>
X-Original-To: {came_to}
From: <staff@fjord.test>
To: <abuse@acme.test>
Subject: FW: Blåbær
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part"
Message-Id: <{number}@fjord.test>

--part
Content-Type: text/plain

This is an email abuse report.

--part
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <{recipient}>

--part
Content-Type: message/rfc822

From: <news@acme.test>
To: <{recipient}>
Message-ID: {message_id}
Subject: Blåbær

Hei
--part--
"""
LETTER = "From: kari@fjord.test\nTo: {came_to}\nSubject: Hei\nMessage-Id: <{number}@fjord.test>\n\nTakk for brevet!\n"


def settings(box: Path, **others: Any) -> Settings:
    """An installation that reads this Maildir."""
    facts = {"bounce_mailbox": f"maildir:{box}", "bounce_address": BOUNCES, "secret": SECRET, **others}
    return Settings(**facts, _env_file=None)


def a_maildir(folder: Path) -> Path:
    """An empty one."""
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True)
    return folder


def verp(delivery: int) -> str:
    """The envelope sender the delivery left with."""
    named = envelope_sender(settings(Path()), Tokens(SECRET))
    assert named is not None
    return named(delivery)


def named(db: Database, delivery: int) -> str:
    """The Message-ID the delivery left with."""
    with db.reading() as session:
        mailing = session.get_one(Mailing, session.get_one(Delivery, delivery).mailing_id)
        return message_id(mailing, "acme.test", Tokens(SECRET))(delivery)


def arrives(box: Path, written: str = REPORT, minute: float = 60, **facts: Any) -> Path:
    """A message comes into the mailbox, so many minutes after the start; without facts it names nothing of ours."""
    usual = {
        "came_to": BOUNCES, "recipient": "åse-0000@fjord.test", "reply": "550 5.1.1 User unknown", "action": "failed", "status": "5.1.1",
        "subject": "Undelivered Mail Returned to Sender", "message_id": "<1@elsewhere.test>", "feedback": "abuse",
    }  # fmt: skip
    number = next(_numbers)
    file = box / "new" / f"{1_795_000_000 + number}.V1I{number}.mx"
    file.write_text(written.format(**{**usual, "number": number, **facts}), encoding="utf-8")
    at = world.START.timestamp() + minute * 60
    os.utime(file, (at, at))
    return file


def collected(db: Database, box: Path, **others: Any) -> Collected:
    """What a look into the mailbox comes to."""
    return collect(db, settings(box, **others))
