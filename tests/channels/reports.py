"""Delivery reports: one that a real Postfix wrote, and others made from it part by part."""

from __future__ import annotations

#: as Postfix 3.7 wrote it for a message its next server refused; names are of the tests
GENUINE = """\
Return-Path: <>
X-Original-To: bounces@acme.test
Delivered-To: bounces@acme.test
Received: by mx.firma.test (Postfix)
	id 2364B9B5F80; Sun, 22 Nov 2026 04:23:01 +0000 (UTC)
Date: Sun, 22 Nov 2026 04:23:01 +0000 (UTC)
From: Mail Delivery System <MAILER-DAEMON@mx.firma.test>
Subject: Undelivered Mail Returned to Sender
To: bounces@acme.test
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="0080B9B5F83.1795321381/mx.firma.test"
Content-Transfer-Encoding: 8bit
Message-Id: <20261122042301.2364B9B5F80@mx.firma.test>

This is a MIME-encapsulated message.

--0080B9B5F83.1795321381/mx.firma.test
Content-Description: Notification
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

This is the mail system at host mx.firma.test.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<ukjent@firma.test>: host 127.0.0.1[127.0.0.1] said: 550 5.1.1 User unknown (in
    reply to RCPT TO command)

--0080B9B5F83.1795321381/mx.firma.test
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.firma.test
X-Postfix-Queue-ID: 0080B9B5F83
X-Postfix-Sender: rfc822; bounces@acme.test
Arrival-Date: Sun, 22 Nov 2026 04:23:01 +0000 (UTC)

Final-Recipient: rfc822; ukjent@firma.test
Original-Recipient: rfc822;ukjent@firma.test
Action: failed
Status: 5.1.1
Remote-MTA: dns; 127.0.0.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--0080B9B5F83.1795321381/mx.firma.test
Content-Description: Undelivered Message
Content-Type: message/rfc822
Content-Transfer-Encoding: 8bit

Return-Path: <bounces@acme.test>
Received: from [127.0.0.1] (localhost [127.0.0.1])
	by mx.firma.test (Postfix) with ESMTP id 0080B9B5F83
	for <ukjent@firma.test>; Sun, 22 Nov 2026 04:23:01 +0000 (UTC)
From: =?utf-8?q?D=C3=A9sir=C3=A9e_van_der_IJssel?= <news@acme.test>
To: ukjent@firma.test
Message-ID: <17.ours@acme.test>
Subject: =?utf-8?q?Bl=C3=A5b=C3=A6r?=
Date: Sun, 22 Nov 2026 04:23:01 +0000 (UTC)

Blåbær

--0080B9B5F83.1795321381/mx.firma.test--
"""


class Looking:
    """Looks for `<N.ours@acme.test>` and keeps what was asked."""

    since = 0.0

    def __init__(self) -> None:
        self.asked: list[str] = []

    def delivery_of(self, message_id: str) -> int | None:
        """The number in front."""
        self.asked.append(message_id)
        number, _, rest = message_id.strip("<> ").partition(".")
        return int(number) if rest == "ours@acme.test" else None


class Believing(Looking):
    """Takes any Message-ID for one that is looked for."""

    def delivery_of(self, message_id: str) -> int | None:
        """Always found."""
        self.asked.append(message_id)
        return 1 if "<" in message_id else None


def with_fields(*fields: str) -> str:
    """The genuine report with these fields about its recipient."""
    before, _, rest = GENUINE.partition("Final-Recipient:")
    _, _, after = rest.partition("Diagnostic-Code: smtp; 550 5.1.1 User unknown\n")
    return before + "\n".join(["Final-Recipient: rfc822; ukjent@firma.test", *fields, ""]) + after
