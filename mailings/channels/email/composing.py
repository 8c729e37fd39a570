"""One recipient's message: the slots filled, the headers written, everything else shared with all other messages of the mailing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property, lru_cache
from typing import Any

from mailings.channels.email.own_links import KINDS, own_link
from mailings.channels.email.rows import Row
from mailings.clock import timestamp
from mailings.content.compiling import DELIVERY, LINK, Content
from mailings.content.headers import clean, mailbox, unstructured
from mailings.content.inserting import TRAP
from mailings.content.linking import BASE
from mailings.content.mime import LONGEST_LINE, framed
from mailings.content.quoting import Bare, EightBit, Encoding, Quoted
from mailings.content.receipt import answer
from mailings.content.skeleton import Skeleton
from mailings.letter import File, Filled, FormLetter, Mailbox
from mailings.message import Message, Offer
from mailings.tokens import Kind, Tokens

ONE_CLICK = "List-Unsubscribe=One-Click"  # RFC 8058


@dataclass(frozen=True)
class Identity:
    """What makes messages this mailing's: `message_id` and `bounce` (the envelope sender) by delivery.

    `headers` = those that are the same in every message, `category` = the mailing's name, `mark` = see channels/email/identity,
    `leaving` = whether the headers offer to unsubscribe: all mailings do (D21), an answer to one person's form does not.
    """

    message_id: Callable[[int], str]
    public: str
    tokens: Tokens
    bounce: Callable[[int], str] | None = None  # None = the From address
    headers: Mapping[str, str] = field(default_factory=dict)
    category: str = ""
    mark: str = ""
    leaving: bool = True


class CompiledEmail:
    """A mailing compiled: `select` reads rows, `offer` makes a message of one. Holds no session."""

    def __init__(self, content: Content, row: Row, identity: Identity, files: Sequence[File]) -> None:
        self.content, self.files = content, files
        self.select = row.of_deliveries()
        self.row, self._names, self._senders, self._identity = row, row.names, row.senders, identity
        self._contacts = slice(len(row.names), None)
        self._answered = content.used.answered()
        self._links = [(name, link) for link, name in content.links().items() if link != TRAP]
        self._constant = "".join(f"{unstructured(name, value)}\r\n" for name, value in identity.headers.items())
        self._quoted = Form(content, Quoted(), files)

    @cached_property
    def _eight_bit(self) -> Form:
        return Form(self.content, EightBit(), self.files)

    @cached_property
    def _bare(self) -> Skeleton:
        return self.content.skeleton(Bare())

    @cached_property
    def _letter(self) -> FormLetter:
        pieces, identity = self._bare.pieces, self._identity
        return FormLetter(pieces["subject"], pieces["text"], pieces["html"], self.files, identity.headers, identity.category)

    def as_page(self) -> CompiledEmail:
        """The same, read in a browser: for `isWebPage` (domain.md D.5)."""
        return CompiledEmail(replace(self.content, web=True), self.row, self._identity, self.files)

    @property
    def tokens(self) -> Tokens:
        """What signs this mailing's links."""
        return self._identity.tokens

    def offer(self, row: Sequence[Any]) -> Offer:
        """The offer for one row. Raises Unreadable when the sender's address cannot stand in a header."""
        bounce = self._identity.bounce
        sender = bounce(row[0]) if bounce is not None else self._senders.lines(tuple(row[self._contacts]))[1]
        return Offer(row[0], row[1], sender, Letter(self, row))

    def values(self, row: Sequence[Any], payload: int | str) -> tuple[dict[str, Any], str]:
        """The values of one rendering, and the address to unsubscribe at. `payload` = what the recipient's tokens carry."""
        values = dict(zip(self._names, row, strict=False))
        if self._answered:
            values |= answer(self._answered, values, self.content.sample)
        public, sign = self._identity.public, self._identity.tokens.sign
        values[DELIVERY] = payload
        values[LINK] = link = f"{public}/c/{sign(Kind.CLICK, payload)}/"
        unsubscribe = f"{public}/u/{sign(Kind.UNSUBSCRIBE, payload)}"
        for name, which in self._links:
            kind = KINDS.get(which)
            if kind is None:
                values[name] = self._registered(which, link)
            elif kind is Kind.UNSUBSCRIBE:
                values[name] = unsubscribe
            else:
                values[name] = own_link(public, self._identity.tokens, kind, payload)
        return values, unsubscribe

    def plain(self, row: Sequence[Any], payload: int | str) -> tuple[str, str, str]:
        """Subject, HTML and text of one row, not encoded. Raises Unreadable."""
        skeleton = self._bare
        values, _ = self.values(row, payload)
        values[BASE] = values[LINK]
        slots = [*skeleton.slots(values), values[LINK]]
        shown = {
            part: "".join(piece if isinstance(piece, str) else slots[piece] for piece in pieces) for part, pieces in skeleton.pieces.items()
        }
        return clean(shown["subject"]), shown["html"], shown["text"]

    def filled(self, row: Sequence[Any]) -> Filled:
        """The message of one row as a form letter and what goes into it. Raises Unreadable."""
        values, unsubscribe = self.values(row, row[0])
        values[BASE] = base = values[LINK]
        slots = self._bare.slots(values)
        (subject,) = self._letter.subject
        slots[int(subject)] = clean(slots[int(subject)])
        sender, reply_to = self._senders.parties(tuple(row[self._contacts]))
        headers = {"List-Unsubscribe": f"<{unsubscribe}>", "List-Unsubscribe-Post": ONE_CLICK} if self._identity.leaving else {}
        return Filled(self._letter, [*slots, base], Mailbox(row[2], row[1]), sender, reply_to, headers, self._identity.mark)

    def composed(self, row: Sequence[Any], form: Form) -> bytes:
        """The message of one row in one form."""
        delivery = row[0]
        values, unsubscribe = self.values(row, delivery)
        values[BASE] = base = form.skeleton.encoding.piece(values[LINK])
        slots = form.skeleton.slots(values)
        headers = (
            f"Date: {_date(int(timestamp()))}\r\n"
            f"{self._senders.lines(tuple(row[self._contacts]))[0]}"
            f"To: {mailbox(row[2], row[1])}\r\n"
            f"{unstructured('Subject', slots[form.subject])}\r\n"
            f"Message-ID: {self._identity.message_id(delivery)}\r\n"
            f"{self._constant}"
        )
        if self._identity.leaving:
            headers += f"List-Unsubscribe: <{unsubscribe}>\r\nList-Unsubscribe-Post: {ONE_CLICK}\r\n"
        return form.frame.filled(slots, base, headers)

    def _registered(self, name: str, link: str) -> str:
        table = self.content.table
        return table.urls[name] if table.track == "none" else f"{link}{table.registered[name]}"

    def mime(self, row: Sequence[Any], *, eight_bit: bool) -> bytes:
        """The whole message, in 8bit where that was asked for and no line is too long for it."""
        if eight_bit:
            message = self.composed(row, self._eight_bit)
            if not _has_long_line(message):
                return message
        return self.composed(row, self._quoted)


@dataclass(frozen=True, slots=True)
class Letter(Message):
    """One recipient's message, not yet put together."""

    compiled: CompiledEmail
    row: Sequence[Any]

    def filled(self) -> Filled:
        """The message as a form letter and what goes into it. Raises Unreadable."""
        return self.compiled.filled(self.row)

    def mime(self, *, eight_bit: bool = False) -> bytes:
        """The whole e-mail with CRLF line ends. Raises Unreadable when it cannot be put together for this recipient."""
        return self.compiled.mime(self.row, eight_bit=eight_bit)


class Form:
    """A mailing in one encoding: the skeleton of its templates and the frame around them."""

    def __init__(self, content: Content, encoding: Encoding, files: Sequence[File]) -> None:
        self.skeleton: Skeleton = content.skeleton(encoding)
        pieces = self.skeleton.pieces
        self.frame = framed(pieces["text"], pieces["html"], files, encoding.name)
        (subject,) = pieces["subject"]
        self.subject = int(subject)


@lru_cache(maxsize=4)
def _date(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def _has_long_line(message: bytes) -> bool:
    at = 0
    while len(message) - at > LONGEST_LINE + 2:
        at = message.rfind(b"\n", at, at + LONGEST_LINE + 2) + 1
        if not at:
            return True
    return False
