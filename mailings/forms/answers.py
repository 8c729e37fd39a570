"""Reads what was posted with a form, field by field: checked here whatever the page did, each problem by its field's identifier (J.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailings.forms.checking import CHECKS, Wrong, checked_address
from mailings.forms.definition import FormPart
from mailings.forms.fields import FieldPart
from mailings.settings import Settings

MOST_SENT = 500  # different names that are looked at; a form has at most 200 fields
TOTAL_KB = 20_000  #: of all files of a submission together


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as the visitor's browser sent it."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Posted:
    """What was posted, by identifier of the field (without the `field_` that stands before it in the page)."""

    fields: Mapping[str, Sequence[str]]
    files: Mapping[str, Sequence[SentFile]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a field cannot be taken: `what` is the key of a sentence in the visitor's language, `told` what it is filled with."""

    what: str
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Answers:
    """A form as it was filled in. `values` hold what may be stored; nothing is, while there are `problems`."""

    values: dict[str, Any] = field(default_factory=dict)
    files: list[tuple[str, SentFile]] = field(default_factory=list)
    problems: dict[str, Problem] = field(default_factory=dict)
    email: str | None = None


def read(form: FormPart, posted: Posted, settings: Settings, *, look_up: bool = True) -> Answers:
    """What was posted, checked field by field; what the form does not have is passed over. Never raises.

    `look_up` = ask the DNS whether the domain of an e-mail address takes mail; no answer in time = it does (domain.md J.4, D29).
    """
    answers = Answers()
    for one in form.every:
        if one.holds == "files":
            _files(answers, one, posted.files.get(one.identifier, ()))
        elif one.holds != "nothing":
            _value(answers, one, (posted.fields.get(one.identifier, ()), settings))
    if sum(len(file.data) for _, file in answers.files) > TOTAL_KB * 1000:
        first = answers.files[0][0]
        answers.problems.setdefault(first, Problem("files_together", {"most": f"{TOTAL_KB // 1000} MB"}))
    written = form.of_kind("email")
    if written is not None and (address := answers.values.get(written.identifier)):
        answers.email = address
        if look_up and (wrong := checked_address(address, settings)):
            answers.problems[written.identifier] = Problem(wrong.what, wrong.told)
    return answers


def _value(answers: Answers, one: FieldPart, given: tuple[Sequence[str], Settings]) -> None:
    written, settings = given
    try:
        value = CHECKS[one.holds](one, [str(text) for text in written[:MOST_SENT]], settings)
    except Wrong as wrong:
        answers.problems[one.identifier] = Problem(wrong.what, wrong.told)
        return
    empty = value is None or value is False or value in ("", [])
    if empty and one.mandatory:
        answers.problems[one.identifier] = Problem("tick" if one.holds == "tick" else "mandatory")
    elif not empty or one.holds in ("tick", "choices"):  # nothing ticked is an answer
        answers.values[one.identifier] = value


def _files(answers: Answers, one: FieldPart, sent: Sequence[SentFile]) -> None:
    there = [file for file in sent if file.name or file.data]
    most = one.max_files if one.multiple else 1
    problem = None
    if not there and one.mandatory:
        problem = Problem("mandatory")
    elif len(there) > most:
        problem = Problem("too_many_files", {"most": str(most)})
    elif large := next((file for file in there if len(file.data) > one.max_kb * 1000), None):
        problem = Problem("file_too_large", {"file": _name(large.name), "most": f"{one.max_kb} kB"})
    elif wrong := next((file for file in there if one.extensions and _ending(file.name) not in one.extensions), None):
        problem = Problem("file_kind", {"file": _name(wrong.name), "kinds": ", ".join(one.extensions)})
    if problem is not None:
        answers.problems[one.identifier] = problem
    elif there:
        answers.values[one.identifier] = [_name(file.name) for file in there]
        answers.files += [(one.identifier, SentFile(_name(file.name), _kind(file.content_type), file.data)) for file in there]


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _name(name: str) -> str:
    """The last part of what a browser calls a file, without what no file system or header takes."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable() and sign not in '"<>|:*?')[-120:].strip(". ") or "file"


def _kind(content_type: str) -> str:
    plain = content_type.partition(";")[0].strip().lower()
    known = plain.isascii() and plain.count("/") == 1 and all(sign.isalnum() or sign in "/.+-" for sign in plain)
    return plain[:100] if known else "application/octet-stream"
