"""What every action of a form is given: the submission, its form, whom it is processed for, and the values by kind (domain.md J.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mailings.forms.definition import FormPart
from mailings.forms.fields import FieldPart
from mailings.model import Form, Person, Submission

SOURCE = "Web form"  #: of consents and opt-outs (domain.md C.7)
ORIGIN = 12  #: of requests (domain.md J.5)


@dataclass(slots=True)
class Doing:
    """One submission being processed. `created` = the form made the person; `said` = what was done, a sentence each."""

    form: Form
    part: FormPart
    submission: Submission
    person: Person
    created: bool
    by: str | None = None
    said: list[str] = field(default_factory=list)

    def answered(self) -> Iterator[tuple[FieldPart, Any]]:
        """Every field something was written in, with its value, in the form's order."""
        for one in self.part.every:
            if one.identifier in self.submission.values:
                yield one, self.submission.values[one.identifier]

    def value(self, kind: str) -> Any:
        """What was written in the field of that kind; None where there is none."""
        return next((value for one, value in self.answered() if one.kind == kind), None)


def shown(one: FieldPart, value: Any) -> str:
    """A value as people read it: labels of choices, names of files, yes and no by a mark."""
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, list):
        return ", ".join(one.shows(str(each)) for each in value)
    return one.shows(str(value))


def lines_of(part: FormPart, values: dict[str, Any]) -> list[tuple[str, str]]:
    """(label, value as shown) of everything that was filled in: for requests, receipts and the desk."""
    return [
        (one.label or one.identifier, shown(one, values[one.identifier]))
        for one in part.every
        if one.identifier in values and values[one.identifier] not in ("", [])
    ]


def shown_kind(one: FieldPart) -> str:
    """What else is worth knowing of a field, in a few words, for lists of fields."""
    said = ["may overwrite"] if one.overwrite else []
    said += [f"for {one.purpose}"] if one.kind == "consent" else []
    said += [one.look] if one.kind == "rating" else []
    said += [f"at most {one.max_files if one.multiple else 1} of {one.max_kb} kB"] if one.kind == "upload" else []
    offered = one.topics or [choice.value for choice in one.choices]
    return "; ".join([*said, ", ".join(offered[:8])] if offered else said)
