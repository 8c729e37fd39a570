"""A form letter as SendGrid takes it: written once, with a tag in the place of every slot, for all the requests that carry it."""

from __future__ import annotations

import secrets
import string
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sendgrid.helpers.mail import (
    Attachment,
    Category,
    ClickTracking,
    ContentId,
    Disposition,
    FileContent,
    FileName,
    FileType,
    From,
    Ganalytics,
    Mail,
    MailSettings,
    OpenTracking,
    ReplyTo,
    SandBoxMode,
    SubscriptionTracking,
    TrackingSettings,
)

from mailings.content.headers import clean
from mailings.letter import Filled, FormLetter, Mailbox
from mailings.transports.sendgrid.shapes import Shape

LONGEST_CATEGORY = 255  # characters (spec/sendgrid.md 1)
_SIGNS = string.ascii_lowercase + string.digits


class Frame:
    """What one request holds beside its recipients. One object for all requests with the same form letter, sender's domain and reply-to.

    `sender` = the message's own From; a recipient's may differ, but only before the @. JSON without its braces.
    """

    def __init__(self, form: Form, filled: Filled) -> None:
        self.form, self.sender = form, filled.sender
        mail = Mail()
        mail.from_email = From(filled.sender.address, clean(filled.sender.name) or None)
        if filled.reply_to is not None:
            mail.reply_to = ReplyTo(filled.reply_to.address, clean(filled.reply_to.name) or None)
        self.rest = orjson.dumps(mail.get())[1:-1] + b"," + form.constant

    def body(self, said: bytes, written: Sequence[bytes]) -> bytes:
        """A whole request: `said` = its subject and contents, `written` = its personalizations."""
        return b'{"personalizations":[' + b",".join(written) + b"]," + said + b"," + self.rest + b"}"


class Form:
    """One form letter. `tags` stand where what is a recipient's own belongs; `nonce` is in each of them, and in nothing the letter says.

    `shapes` = for slots that say much to everybody alike, by their number: that goes into the letter, and their holes get the tags.
    """

    def __init__(self, letter: FormLetter, slots: int, shapes: Mapping[int, Shape], *, sandbox: bool) -> None:
        self.letter, self.slots, self.shapes = letter, slots, dict(sorted(shapes.items(), reverse=True))
        self.nonce = _nonce(letter, shapes.values())
        places = [self._place(number) for number in range(slots)]
        self.tags = [tag for tags, _ in places for tag in tags]
        standing = [text for _, text in places]
        self.said = said(*(shown(part, standing) for part in (letter.subject, letter.text, letter.html)))
        self.constant = orjson.dumps(_constant(letter, sandbox=sandbox))[1:-1]
        self._frames: dict[tuple[str, Mailbox | None], Frame] = {}

    def frame(self, filled: Filled) -> Frame:
        """The frame this recipient's message goes in."""
        place = filled.sender.address.rpartition("@")[2].lower(), filled.reply_to
        frame = self._frames.get(place)
        if frame is None:
            frame = self._frames[place] = Frame(self, filled)
        return frame

    def values(self, slots: Sequence[str]) -> Sequence[str] | int:
        """What belongs in the places of the tags; the number of a slot that has another shape here."""
        if not self.shapes:
            return slots
        flat = list(slots)
        for number, shape in self.shapes.items():  # the last first: the numbers before it hold
            holes = shape.holes(flat[number])
            if holes is None:
                return number
            flat[number : number + 1] = holes
        return flat

    def _place(self, number: int) -> tuple[list[str], str]:
        """The tags of one slot, and what the letter says in its place."""
        shape = self.shapes.get(number)
        if shape is None:
            tag = f"-{self.nonce}.{number}-"
            return [tag], tag
        tags = [f"-{self.nonce}.{number}.{hole}-" for hole in range(len(shape.stretches) - 1)]
        return tags, shape.filled(tags)


def shown(part: Sequence[str | int], slots: Sequence[str]) -> str:
    """A part with what belongs in its slots."""
    return "".join(piece if isinstance(piece, str) else slots[piece] for piece in part)


def said(subject: str, text: str, html: str) -> bytes:
    """Subject and contents as JSON without braces. Plain text goes first, what is empty is left out, and something is there always."""
    # dicts instead of the SDK's Content: it refuses a text that begins like one of SendGrid's keys, "SG.a.b"
    content = [{"type": kind, "value": value} for kind, value in (("text/plain", text), ("text/html", html)) if value]
    return orjson.dumps({"subject": subject or " ", "content": content or [{"type": "text/plain", "value": " "}]})[1:-1]


def _constant(letter: FormLetter, *, sandbox: bool) -> dict[str, Any]:
    mail = Mail()
    mail.tracking_settings = _no_tracking()
    if letter.category:
        mail.category = Category(clean(letter.category)[:LONGEST_CATEGORY])
    if sandbox:
        mail.mail_settings = MailSettings(sandbox_mode=SandBoxMode(enable=True))
    written: dict[str, Any] = mail.get()
    if letter.files:  # add_attachment puts each one before those that are there
        written["attachments"] = [_attachment(file.name, file.content_type, file.data, inline=file.inline).get() for file in letter.files]
    return written


def _attachment(name: str, kind: str, data: bytes, *, inline: bool) -> Attachment:
    content = FileContent(b64encode(data).decode("ascii"))
    if inline:
        return Attachment(content, FileName(name), FileType(kind), Disposition("inline"), ContentId(name))
    return Attachment(content, FileName(name), FileType(kind), Disposition("attachment"))


def _no_tracking() -> TrackingSettings:
    """Ours are the only links and pixels (spec/sendgrid.md 3b)."""
    return TrackingSettings(
        click_tracking=ClickTracking(enable=False, enable_text=False),
        open_tracking=OpenTracking(enable=False),
        subscription_tracking=SubscriptionTracking(enable=False),
        ganalytics=Ganalytics(enable=False),
    )


def _nonce(letter: FormLetter, shapes: Iterable[Shape]) -> str:
    """Eight letters and digits that nobody could know beforehand, and that the letter does not hold: 41 bits."""
    constants = [piece for part in (letter.subject, letter.text, letter.html) for piece in part if isinstance(piece, str)]
    whole = "".join([*constants, *(stretch for shape in shapes for stretch in shape.stretches)])
    while True:
        nonce = "".join(secrets.choice(_SIGNS) for _ in range(8))
        if nonce not in whole:
            return nonce
