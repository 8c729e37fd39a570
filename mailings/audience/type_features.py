"""What each type of mailing lacks, as one table: whatever mailing.yaml asks of it in vain is refused, never ignored (domain.md A)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailings.audience.folder_parts import MailingPart, OptionsPart, TrackingPart
from mailings.errors import NotAllowed
from mailings.model import Mailing, MailingType

TYPES = {
    MailingType.EMAIL: "an e-mail",
    MailingType.SMS: "a text message",
    MailingType.DOCUMENT: "a document mailing",
    MailingType.FORM_RESPONSE: "a form response",
}

_TAKE_OUT = "take it out."
_WORDS = "write its words under `sms: text`."
_TEMPLATE = "name its template under `document: template`."
_ASKED = "it goes to whoever sends the form."

#: type -> key of mailing.yaml it does not have -> what to do instead; a key may be the part of another, `options.include_companies`
LACKS: dict[MailingType, dict[str, str]] = {
    MailingType.EMAIL: {"sms": _TAKE_OUT, "document": _TAKE_OUT},
    MailingType.SMS: {
        "subject": _WORDS,
        "from": "write whom it comes from under `sms: sender`.",
        "reply_to": "answers go to the sender; write a number under `sms: sender` where there should be any.",
        "preheader": _WORDS,
        "html": _WORDS,
        "text": _WORDS,
        "images": _TAKE_OUT,
        "attachments": _TAKE_OUT,
        "links": "write the address itself into `sms: text`; it is not tracked.",
        "tracking": "nobody can tell who reads it, and its links are not tracked; take it out.",
        "options.include_companies": "companies have no mobile number; take it out.",
        "options.prefer_company": "companies have no mobile number; take it out.",
        "document": _TAKE_OUT,
    },
    MailingType.DOCUMENT: {
        "subject": "write what stands over the letter under `document: heading`.",
        "from": "write who it comes from into the template.",
        "reply_to": "write where answers go into the template, or under `document: our_ref`.",
        "preheader": _TAKE_OUT,
        "html": _TEMPLATE,
        "text": _TEMPLATE,
        "attachments": _TAKE_OUT,
        "links": _TAKE_OUT,
        "tracking": "nobody can tell who reads it; take it out.",
        "options.one_per_address": "everybody gets a letter of their own; take it out.",
        "options.update_when_sending": "its list is made when the PDF is; take it out.",
        "sources.import": "import its people first: mailings people import FILE --selection NAME.",
        "rate": "nothing is sent; take it out.",
        "sms": _TAKE_OUT,
    },
    MailingType.FORM_RESPONSE: {
        "topic": _ASKED,
        "sources": _ASKED,
        "options": _ASKED,
        "approval": _ASKED,
        "template": _ASKED,
        "sms": _TAKE_OUT,
        "document": _TAKE_OUT,
    },
}

#: what a person may ask of a mailing once it is there -> the types that have it
VERBS = {
    "test": frozenset({MailingType.EMAIL, MailingType.FORM_RESPONSE}),
    "preview": frozenset({MailingType.EMAIL, MailingType.FORM_RESPONSE}),
}


def lacking(part: MailingPart) -> list[str]:
    """A sentence for each key of a mailing.yaml that its type does not have."""
    lacks = LACKS[part.type]
    return [f"{key} does not belong to {TYPES[part.type]} (type: {part.type}); {lacks[key]}" for key in _asked(part) if key in lacks]


def fitted(part: MailingPart) -> MailingPart:
    """The part with what its type lacks switched off, where it would be on without being asked for."""
    lacks, changed = LACKS[part.type], dict[str, Any]()
    if "tracking" in lacks:
        changed["tracking"] = TrackingPart(opens=False, clicks="none", trap=False)
    off = {name: False for name in OptionsPart.model_fields if f"options.{name}" in lacks or "options" in lacks}
    if off:
        changed["options"] = part.options.model_copy(update=off)
    if part.type is MailingType.FORM_RESPONSE:  # what somebody asked for themselves: consent is not asked (domain.md J.5)
        changed["options"] = changed["options"].model_copy(update={"override_consent": True})
    return part.model_copy(update=changed) if changed else part


def must_have(mailing: Mailing, verb: str) -> None:
    """Raises NotAllowed where the mailing's type has nothing to `verb` (a key of VERBS)."""
    if mailing.type not in VERBS[verb]:
        can = " and ".join(TYPES[kind] for kind in TYPES if kind in VERBS[verb])
        raise NotAllowed(f"{mailing.name} is {TYPES[mailing.type]} (type: {mailing.type}), which has no {verb}; that is for {can} only.")


def _asked(part: MailingPart) -> Iterator[str]:
    """The keys that ask for something, as they are written: what is empty or switched off asks for nothing."""
    for name in MailingPart.model_fields:
        value = getattr(part, name)
        key = MailingPart.model_fields[name].alias or name
        if name not in part.model_fields_set or not (value.model_fields_set if hasattr(value, "model_fields_set") else value):
            continue
        yield key
        if name == "options":
            yield from (f"options.{option}" for option in sorted(value.model_fields_set) if getattr(value, option))
        if name == "sources":
            yield from ("sources.import" for source in value[:] if source.list_file is not None)
