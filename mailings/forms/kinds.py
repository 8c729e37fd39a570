"""The kinds of field a form may have (domain.md J.2): what each holds, which keys go with it; why others make no sense."""

from __future__ import annotations

from typing import Literal

#: what is written in a field, as it is checked and kept: text, several lines of it, a number, a day, one choice, several, yes or no, files
Holds = Literal["text", "lines", "email", "mobile", "digits", "integer", "date", "choice", "choices", "tick", "files", "scale", "nothing"]

#: fields of the person, by the column of Person each fills; `email` and `interests` stand in tables of their own
PERSON: dict[str, Holds] = {
    "name": "text",
    "first_name": "text",
    "last_name": "text",
    "email": "email",
    "mobile": "mobile",
    "phone": "digits",
    "direct_phone": "digits",
    "salutation": "text",
    "title": "text",
    "position": "text",
    "country": "text",
    "language": "choice",
    "business": "text",
    "interests": "choices",
}
#: fields of the company
COMPANY: dict[str, Holds] = {"company_name": "text", "company_phone": "digits", "department": "text"}
#: fields of the request a form may make
REQUEST: dict[str, Holds] = {"request_title": "text", "request_category": "text", "request_message": "lines"}
#: fields of the form alone
ELEMENTS: dict[str, Holds] = {
    "text": "text",
    "text_area": "lines",
    "radio": "choice",
    "checkbox": "choices",
    "drop_down": "choice",
    "hidden": "text",
    "date": "date",
    "integer": "integer",
    "upload": "files",
    "rating": "scale",
}
#: what a person allows, and what they want to hear of
WISHES: dict[str, Holds] = {"consent": "tick", "topics": "choices"}
#: what is only looked at
VIEWS: dict[str, Holds] = {"text_block": "nothing", "image": "nothing"}
KINDS: dict[str, Holds] = PERSON | COMPANY | REQUEST | ELEMENTS | WISHES | VIEWS
#: how a field of somebody's own is shown, and what it holds (`kind: custom.KEY`, `as: ...`)
CUSTOM_AS: dict[str, Holds] = {
    "text": "text",
    "text_area": "lines",
    "integer": "integer",
    "date": "date",
    "radio": "choice",
    "drop_down": "choice",
    "checkbox": "choices",
}
CUSTOM = "custom."

#: kinds of the original that are refused, and what to do instead
REFUSED = {
    "read_only": "a visitor could write nothing in it; use text_block to show something",
    "relation": "a visitor cannot choose among your records; use drop_down with choices",
    "birthday": "people have no such field here; use kind: custom.birthday with as: date",
    "vat": "companies have no such field here; use kind: text",
    "recaptcha": "a form has at most one; write captcha: recaptcha beside the fields",
    "section": "sections are written as sections:, each with a title and fields",
    "password": "nobody should write a password into a form",
}

SCALES: dict[str, range] = {
    "stars": range(1, 6),
    "dice": range(1, 7),
    "thumbs": range(2),
    "smileys": range(1, 4),
    "nps": range(11),
}
#: two letters of the languages public pages and messages know
LANGUAGES = ("en", "nl", "da", "no", "sv", "de")

CHOOSING = frozenset({"choice", "choices"})
#: keys that go with some kinds only: key -> what a field must hold, or the kinds themselves
BELONGS: dict[str, frozenset[str]] = {
    "choices": frozenset({"radio", "checkbox", "drop_down", "interests", "language", "request_category", "business", "country", "custom"}),
    "min": frozenset({"integer", "date", "custom"}),
    "max": frozenset({"integer", "date", "custom"}),
    "longest": frozenset({"text", "text_area", "request_message", "custom", "name", "position", "title", "company_name", "department"}),
    "multiple": frozenset({"upload"}),
    "max_files": frozenset({"upload"}),
    "max_kb": frozenset({"upload"}),
    "extensions": frozenset({"upload"}),
    "look": frozenset({"rating"}),
    "purpose": frozenset({"consent"}),
    "privacy": frozenset({"consent"}),
    "text": frozenset({"consent", "text_block"}),
    "topics": frozenset({"topics"}),
    "unticked": frozenset({"topics"}),
    "use_existing": frozenset({"company_name"}),
    "as": frozenset({"custom"}),
    "file": frozenset({"image"}),
    "overwrite": frozenset({*PERSON, *COMPANY, "custom"}) - {"email", "interests", "company_name"},
}
