"""Reads one message of the bounce mailbox: the fields of a report first, then what its mail server wrote for people."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailings.channels.email.bounces.answers import is_ahead, is_answer
from mailings.channels.email.bounces.complaints import complaint
from mailings.channels.email.bounces.families import families_in
from mailings.channels.email.bounces.fields import STATUS_PARTS, envelope_id, told_by_fields, told_in_text
from mailings.channels.email.bounces.judging import Around, judged
from mailings.channels.email.bounces.naming import addresses
from mailings.channels.email.bounces.notices import Notice, notice
from mailings.channels.email.bounces.original import GIVEN_BACK, Original, ids_in, ids_of, original_of
from mailings.channels.email.bounces.parts import Part, taken_apart
from mailings.channels.email.bounces.prose import cut, of_html, told_by_words
from mailings.channels.email.bounces.results import NOTHING, Read, ReadKind, Returned
from mailings.channels.email.bounces.servers import is_server, is_warning
from mailings.channels.email.bounces.session import conversation
from mailings.channels.email.bounces.told import Told

EVIDENCE = 2000
TEXT = 60_000  #: characters of text that are read
_CAME_TO = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "to",
    "x-failed-to",
    "x-forwarded-to",
    "apparently-to",
)
_KINDS = {"delayed": ReadKind.DELAYED, "delivered": ReadKind.DELIVERED, "relayed": ReadKind.DELIVERED, "expanded": ReadKind.DELIVERED}


@dataclass(slots=True)
class Letter:
    """A message taken apart once, for those who look at it in turn."""

    message: Part
    parts: list[Part]
    lines: list[str]  # the mail server's own words
    original: Original
    rest: str = ""  # what stands after them in the text
    told: list[Told] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The mail server's own words."""
        return "\n".join(self.lines)


def read_bounce(message: bytes, *, rules: bool = True) -> Read:
    """What a message says of the mail it may return. Never raises; the first 256 KiB are read.

    Without `rules` those for single mail servers are left aside, which is how the bench measures what the general ones are worth.
    """
    try:
        return understood(message, rules=rules)
    except Exception:  # anybody may write such a message: what trips the reader up says nothing, and the next one is read
        return NOTHING


def understood(message: bytes, *, rules: bool = True) -> Read:
    """The same without the net under it: what it raises is a mistake of ours, which the fuzz tests look for."""
    letter = _opened(taken_apart(message))
    within = _within(letter)
    return _read(_opened(within) if within else letter, rules)


def _within(letter: Letter) -> Part | None:
    """A report that somebody passed on as an attachment, or that a filter wrapped into a report of its own."""
    if any(part.type in STATUS_PARTS for part in letter.parts):
        return None
    inner = (part.parts[0] for part in letter.parts if part.type == "message/rfc822" and part.parts)
    return next((message for message in inner if any(part.type in STATUS_PARTS for part in message.walk())), None)


def _opened(opened: Part) -> Letter:
    parts = list(opened.walk())
    plain = [part.text() for part in parts if part.type.startswith("text/") and part.type not in (*GIVEN_BACK, "text/html")]
    text = "\n".join(plain)[:TEXT]
    if not text.strip():
        text = "\n".join(of_html(part.text()) for part in parts if part.type == "text/html")[:TEXT]
    if not text.strip() and opened.type.startswith("multipart/"):
        text = opened.text()[:TEXT]
    lines, rest = cut(text)
    return Letter(opened, parts, lines, original_of(parts, rest), rest)


def _read(letter: Letter, rules: bool) -> Read:
    if (read := _complaint(letter)) is not None:
        return read
    if (told := notice(letter.text)) is not None:
        return _noticed(letter, told)
    letter.told = [told for part in letter.parts for told in told_by_fields(part)] or told_in_text(f"{letter.text}\n{letter.rest}")
    if not letter.told and not any(part.type in STATUS_PARTS for part in letter.parts):
        if is_ahead(letter.message):
            return _answer(letter)
        if not is_server(letter.message, letter.text):
            return _answer(letter) if is_answer(letter.message, letter.text) else NOTHING
    returned = _judged(letter, rules)
    return Read(_kind(letter), tuple(returned), *_ids(letter), evidence=_evidence(letter, returned))


def _judged(letter: Letter, rules: bool) -> list[Returned]:
    told = [one for one in letter.told if one.action not in _KINDS] or letter.told
    beside = told_by_words(letter.lines, _ours(letter), letter.original.sent_to)
    told = _named(told, beside, letter)
    after, reply = conversation(letter.lines)
    around = Around("\n".join(letter.lines), reply, after, families_in(_signs(letter)) if rules else ())
    return [judged(one, around, len(told) == 1) for one in told]


def _named(told: list[Told], beside: list[Told], letter: Letter) -> list[Told]:
    """The fields' recipients with what the text says beside their names; without fields those the text names, or the original was for.

    Where nobody is named something is said still, of an address that is empty: the ids may name the delivery.
    """
    if not told:
        failed = addresses(letter.message.header("x-failed-recipients"))
        to = letter.original.sent_to if len(letter.original.sent_to) == 1 else [""]
        told = [Told(address) for address in failed] or beside or [Told(address, by="original") for address in to]
        return [_joined(one, beside) for one in told] if failed else told
    for one in told:
        if not one.address:
            one.address = (beside[0].address if len(beside) == 1 else "") or next(iter(letter.original.sent_to), "")
    return [_joined(one, beside) for one in told]


def _joined(told: Told, beside: list[Told]) -> Told:
    names = {told.address.lower(), told.final.lower()}
    text = next((one.beside for one in beside if one.address.lower() in names), "")
    told.beside = f"{text}\n{told.beside}".strip()
    return told


def _ours(letter: Letter) -> set[str]:
    """Addresses of the sender's side, in small letters: nobody the message could not reach."""
    came_to = {address.lower() for name in _CAME_TO for value in letter.message.all(name) for address in addresses(value)}
    return (came_to | set(letter.original.senders) | {a.lower() for a in addresses(letter.message.header("from"))}) - set(
        letter.original.sent_to
    )


def _signs(letter: Letter) -> str:
    """Where a family's sign is looked for."""
    hosts = " ".join(part.text()[:3000] for part in letter.parts if part.type in STATUS_PARTS)
    return f"{letter.message.header('from')} {letter.message.header('subject')} {letter.text[:3000]} {hosts}"


def _kind(letter: Letter) -> ReadKind:
    actions = [one.action for one in letter.told if one.action]
    if actions and all(action in _KINDS for action in actions):
        return ReadKind.DELAYED if "delayed" in actions else ReadKind.DELIVERED
    return ReadKind.DELAYED if not actions and is_warning(letter.message, letter.text) else ReadKind.BOUNCE


def _complaint(letter: Letter) -> Read | None:
    found = complaint(letter.message, letter.parts, letter.original)
    if found is None:
        return None
    feedback, who = found
    returned = tuple(Returned(address, confidence=0.95) for address in who)
    return Read(ReadKind.COMPLAINT, returned, *_ids(letter), feedback=feedback, evidence=_evidence(letter, []))


def _noticed(letter: Letter, told: Notice) -> Read:
    letter.told, letter.original.ids = told.told, told.ids
    if told.action == "failed":
        returned = [judged(one, Around(""), len(told.told) == 1) for one in told.told]
        return Read(ReadKind.BOUNCE, tuple(returned), *_ids(letter), evidence=_evidence(letter, returned))
    kind = ReadKind.COMPLAINT if told.action == "complaint" else _KINDS[told.action]
    named = tuple(Returned(one.address, said=one.said[:400], confidence=0.95) for one in told.told)
    return Read(kind, named, *_ids(letter), feedback=told.feedback, evidence=_evidence(letter, []))


def _answer(letter: Letter) -> Read:
    return Read(ReadKind.AUTO_REPLY, (), *_ids(letter), evidence=_evidence(letter, []))


def _ids(letter: Letter) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]:
    """The Message-IDs, the addresses it came to, and the headers of the message given back."""
    envelopes = [value for part in letter.parts if part.type in STATUS_PARTS if (value := envelope_id(part))]
    ids = [*letter.original.ids, *envelopes, *ids_in(letter.text), *ids_of(letter.message, "in-reply-to", "references")]
    came_to = [address.lower() for name in _CAME_TO for value in letter.message.all(name) for address in addresses(value)]
    returns = [address for address in letter.original.senders if address not in came_to]
    return tuple(dict.fromkeys(ids))[:20], tuple(dict.fromkeys(came_to + returns))[:40], letter.original.headers


def _evidence(letter: Letter, returned: list[Returned]) -> str:
    said = [f"{one.address}: {one.said}" for one in returned[:5]]
    return re.sub(r"\n\s*\n+", "\n", "\n".join([letter.message.header("subject")[:200], *said, *letter.lines[:60]])).strip()[:EVIDENCE]
