"""What comes back in the demo: delivery reports, a complaint and a vacation notice, made from the very messages that went out."""

from __future__ import annotations

import email.policy
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import parseaddr
from pathlib import Path

MAILBOX = Path("var/returned")
#: what a server answers -> as its report says it; by turns
ANSWERS = (
    ("5.1.1", "550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table"),
    ("5.2.2", "552 5.2.2 <{to}>: Mailbox full, quota exceeded"),
    ("5.1.1", "550 5.1.1 <{to}>... User unknown"),
    ("5.7.1", "554 5.7.1 Message rejected: your IP address is listed at a blocklist"),
    ("5.1.2", "550 5.1.2 <{to}>: Bad destination host"),
)
EVERY = 45  # messages one of which comes back


def returned(outbox: Path) -> set[int]:
    """Put what comes back of the messages in the Maildir `outbox` into `MAILBOX`; the numbers of the deliveries that bounced."""
    for part in ("new", "cur", "tmp"):
        (MAILBOX / part).mkdir(parents=True, exist_ok=True)
    bounced: set[int] = set()
    sent = sorted((outbox / "new").iterdir())
    for turn, file in enumerate(sent[7::EVERY]):
        _deliver(f"bounce-{turn:04}", _bounce(_message(file), *ANSWERS[turn % len(ANSWERS)]))
        bounced.add(int(file.name[1:].split(".")[0]))
    for turn, file in enumerate(sent[20 :: EVERY * 8]):
        _deliver(f"away-{turn:04}", _away(_message(file)))
    for turn, file in enumerate(sent[30 :: EVERY * 12]):
        _deliver(f"complaint-{turn:04}", _complaint(_message(file)))
    return bounced


def _message(file: Path) -> Message:
    return message_from_bytes(file.read_bytes())


def _deliver(name: str, message: Message) -> None:
    (MAILBOX / "new" / name).write_bytes(message.as_bytes(policy=email.policy.SMTP))


def _bounce(sent: Message, status: str, said: str) -> Message:
    to = parseaddr(str(sent["To"]))[1]
    answer = said.format(to=to)
    report = MIMEMultipart("report")
    report.set_param("report-type", "delivery-status")
    _head(report, sent, "MAILER-DAEMON@mx.fjordmail.test", "Undelivered Mail Returned to Sender")
    report.attach(MIMEText(f"This is the mail system at host mx.fjordmail.test.\n\n<{to}>: {answer}\n"))
    fields = {"Final-Recipient": f"rfc822; {to}", "Action": "failed", "Status": status, "Diagnostic-Code": f"smtp; {answer}"}
    report.attach(_blocks("message/delivery-status", {"Reporting-MTA": "dns; mx.fjordmail.test"}, fields))
    report.attach(_returned(sent))
    return report


def _complaint(sent: Message) -> Message:
    report = MIMEMultipart("report")
    report.set_param("report-type", "feedback-report")
    _head(report, sent, "feedback@fjordmail.test", "Complaint about a message of yours")
    report.attach(MIMEText("A reader reported this message as spam.\n"))
    fields = {"Feedback-Type": "abuse", "User-Agent": "Fjordmail-Feedback/1.0", "Version": "1"}
    report.attach(_blocks("message/feedback-report", fields | {"Original-Rcpt-To": parseaddr(str(sent["To"]))[1]}))
    report.attach(_returned(sent))
    return report


def _away(sent: Message) -> Message:
    answer = EmailMessage()
    answer["Auto-Submitted"] = "auto-replied"
    answer["In-Reply-To"] = str(sent["Message-ID"])
    _head(answer, sent, parseaddr(str(sent["To"]))[1], f"Automatic reply: {' '.join(str(sent['Subject']).split())}")
    answer.set_content("I am walking from hut to hut until Monday, and read my mail then.\n")
    return answer


def _head(message: Message, sent: Message, sender: str, subject: str) -> None:
    message["From"], message["To"], message["Subject"] = sender, parseaddr(str(sent["From"]))[1], subject
    message["Date"], message["Message-ID"] = str(sent["Date"]), f"<returned.{str(sent['Message-ID']).strip('<>')}>"


def _blocks(kind: str, *blocks: dict[str, str]) -> Message:
    part = MIMEBase(*kind.split("/"))
    del part["MIME-Version"]
    for block in blocks:
        group = Message()
        for name, value in block.items():
            group[name] = value
        part.attach(group)
    return part


def _returned(sent: Message) -> Message:
    head = Message()
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        head[name] = str(sent[name])
    return MIMEMessage(head)
