"""What single servers say is taken for what it means (replies.txt): one reply each, in the report that a Postfix makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailings.channels.email.bounces import Returned, read_bounce

REPLIES = [line for line in (Path(__file__).parent / "replies.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
REPORT = """Return-Path: <>
From: MAILER-DAEMON@post.fjord.test (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="p1"

--p1
Content-Type: text/plain; charset=utf-8

This is the mail system at host post.fjord.test.

<ase@hav.test>: host mx.hav.test[192.0.2.8] said: {reply} {answers}

--p1
Content-Type: message/delivery-status

Reporting-MTA: dns; post.fjord.test

Final-Recipient: rfc822; ase@hav.test
Action: failed
Status: {status}
Diagnostic-Code: smtp; {reply}

--p1--
"""


def judged(status: str, command: str, reply: str) -> Returned:
    """The verdict on such a report."""
    answers = f"(in reply to {command} command)" if command != "-" else ""
    [one] = read_bounce(REPORT.format(reply=reply, status=status, answers=answers).encode()).recipients
    return one


@pytest.mark.parametrize("line", REPLIES)
def test_a_reply_is_understood(line: str) -> None:
    """Its kind and its cause."""
    kind, why, status, command, reply = line.split(" | ")
    one = judged(status, command, reply)
    assert (one.address, one.kind, one.why) == ("ase@hav.test", kind, why)
    assert one.code == "" or one.code.split()[0] == reply[:3]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("550 5.1.1 Utente sconosciuto", "mailbox"),
        ("550 Benutzer unbekannt", "mailbox"),
        ("550 Destinataire inconnu", "mailbox"),
        ("550 El usuario no existe", "mailbox"),
        ("550 Usuário não encontrado", "mailbox"),
        ("550 Onbekende gebruiker", "mailbox"),
        ("550 Brugeren findes ikke", "mailbox"),
        ("550 Mottakeren finnes ikke", "mailbox"),
        ("550 Användaren finns inte", "mailbox"),
        ("550 Użytkownik nie istnieje", "mailbox"),
        ("550 Нет такого пользователя", "mailbox"),
        ("550 ユーザが存在しません", "mailbox"),
        ("552 Postfach voll", "full"),
        ("552 Boîte aux lettres pleine", "full"),
        ("552 Buzón lleno", "full"),
        ("552 Casella piena", "full"),
        ("552 Postkassen er full", "full"),
        ("552 Brevlådan är full", "full"),
        ("552 Skrzynka przepełniona", "full"),
        ("552 Почтовый ящик переполнен", "full"),
        ("550 Konto deaktiviert", "suspended"),
        ("550 Compte désactivé", "suspended"),
    ],
)
def test_languages(reply: str, why: str) -> None:
    """The commonest causes are known in the languages of the world's mail servers."""
    assert judged("5.0.0", "RCPT TO", reply).why == why
