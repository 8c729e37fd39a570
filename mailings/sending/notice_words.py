"""The message to the staff about a mailing in trouble: its words, and the whole e-mail made of them."""

from __future__ import annotations

import re
import secrets
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from html import escape
from urllib.parse import quote

from mailings.clock import now
from mailings.content.headers import clean, mailbox, unstructured
from mailings.content.mime import framed
from mailings.content.quoting import EightBit, Encoding, Quoted
from mailings.letter import Filled, FormLetter, Mailbox
from mailings.message import Message
from mailings.settings import Settings

AWAITING = "awaiting approval"
SUBJECTS = {
    "paused": "{name} is paused",
    "failed": "{name} was not sent",
    AWAITING: "{name} waits for approval",
    "resend failed": "{name} was not sent again",
    "unknown": "{name} was not sent: there is no such mailing",
}
OPENINGS = {
    "paused": "The mailing {name} is paused. Nobody more gets it until one of you looks at it.",
    "failed": "The mailing {name} was not sent, or not to everybody.",
    "resend failed": "The mailing {name} is sent, but sending it again failed. Nobody got a further message by it.",
    "unknown": "A run was asked to send {name}, and there is no mailing of that name.",
    AWAITING: "The mailing {name} is ready, and waits for somebody to approve it. Nobody gets it before.",
}
TO_DO = {
    "paused": "When the cause is mended, go on with: mailings resume {name}",
    "failed": "When it is mended, start it again with: mailings send {name}\nNobody is served twice.",
    "resend failed": "When it is mended, press Retry on that run, or: mailings resend {name} with the choice you meant",
    "unknown": "Who pressed run may have misspelt it, or a schedule names a mailing that was deleted. Those there are: mailings list",
    AWAITING: "Look at it, and say yes or no, with: mailings approve {name}",
}
HEADERS = {"Auto-Submitted": "auto-generated"}  # RFC 3834: no out-of-office answers
_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]*[^\s<>\"'(),;:.]")
_PLAIN = re.compile(r"[\w.\-]+")
_QUOTABLE = re.compile(r'[^"$`\\!]+')


@dataclass(frozen=True)
class Words:
    """Subject and text, the same for everybody."""

    subject: str
    text: str

    @cached_property
    def form_letter(self) -> FormLetter:
        """The same for everybody, without slots: one request of a provider carries all."""
        return FormLetter([self.subject], [self.text], [_html(self.text)], headers=HEADERS)

    def to(self, address: str, sender: Mailbox) -> Letter:
        """The message for one address."""
        return Letter(self, Mailbox("", address), sender)


@dataclass(frozen=True)
class Letter(Message):
    """One message, as a transport asks for it (message.Message)."""

    words: Words
    receiver: Mailbox
    sender: Mailbox

    def filled(self) -> Filled:
        """The message as a form letter; its only slot is the base of links, of which it has none."""
        return Filled(self.words.form_letter, [""], self.receiver, self.sender, None, {}, "")

    def mime(self, *, eight_bit: bool = False) -> bytes:
        """The whole e-mail with CRLF line ends."""
        form: Encoding = EightBit() if eight_bit else Quoted()
        frame = framed([form.piece(self.words.text)], [form.piece(_html(self.words.text))], (), form.name)
        constant = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
        headers = (
            f"Date: {format_datetime(now().astimezone(UTC))}\r\n"
            f"From: {mailbox(self.sender.name, self.sender.address)}\r\n"
            f"To: {mailbox(self.receiver.name, self.receiver.address)}\r\n"
            f"{unstructured('Subject', self.words.subject)}\r\n"
            f"Message-ID: <notice.{secrets.token_hex(12)}@{self.sender.address.rpartition('@')[2]}>\r\n"
            f"{constant}"
        )
        return frame.filled([], "", headers)


def letter_of(name: str, what: str, reason: str, settings: Settings) -> Words:
    """The words about one trouble: what happened, why, what to do, where to look. Addresses in the reason are left out."""
    case = AWAITING if what == "paused" and AWAITING in reason.casefold() else what
    why = "" if case == AWAITING else _without_addresses(clean(reason))
    page = f"{settings.public_url.rstrip('/')}/desk/mailings/{quote(name, safe='')}"
    parts = [
        OPENINGS[case].format(name=name),
        f"Why: {why}" if why else "",
        TO_DO[case].format(name=_typed(name)),
        f"At the desk: {page}" if case != "unknown" else "",
        f"Written by the mailing system on {_day(now())}. Who gets this stands in Prefect, under Variables: mailings_notify.",
    ]
    return Words(SUBJECTS[case].format(name=name), "\n\n".join(filter(None, parts)) + "\n")


def _typed(name: str) -> str:
    """The name as it is typed into a shell; shlex.quote alone would put every ø between quotes."""
    if _PLAIN.fullmatch(name):
        return name
    return f'"{name}"' if _QUOTABLE.fullmatch(name) else shlex.quote(name)


def _without_addresses(text: str) -> str:
    return _ADDRESS.sub("(an address)", text)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _html(text: str) -> str:
    paragraphs = "".join(f"<p>{_linked(escape(part, quote=False))}</p>" for part in text.strip().split("\n\n"))
    return f'<!doctype html><html lang="en"><head><meta charset="utf-8"></head><body>{paragraphs}</body></html>'


def _linked(text: str) -> str:
    return re.sub(r"https?://\S+", lambda found: f'<a href="{found[0]}">{found[0]}</a>', text.replace("\n", "<br>"))
