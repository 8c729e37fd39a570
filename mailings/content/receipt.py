"""What somebody sent with a form, in the message that answers it: `submission.dish`, `form.name`, and the block `receipt`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import escape

from mailings.content.field_names import name_of
from mailings.content.names import RECEIPT

Definition = Mapping[str, Any]  #: a form as it is kept: `sections` of `fields`
ANSWER, FORM, SAMPLED = "_submitted", "_form", "_sampled"  #: values of a rendering: what was sent, its form, and whether nobody sent it
_CELL = "padding:6px 12px 6px 0;border-bottom:1px solid #d8d8d8;text-align:left;vertical-align:top"
_MARKS = {True: "✓", False: "–"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """(label, value) of everything that was filled in: a table in HTML, a line each in text; false where nothing was."""

    lines: tuple[tuple[str, str], ...]

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __str__(self) -> str:
        return "\n".join(f"{label}: {value}" for label, value in self.lines)

    def __html__(self) -> str:
        """A table, with its looks in each cell: mail programs drop style sheets. Everything that was written is escaped."""
        head, cell = f"{_CELL};width:38%;font-weight:600", f"{_CELL};overflow-wrap:anywhere"
        rows = (f'<tr><th scope="row" style="{head}">{escape(a)}</th><td style="{cell}">{_broken(b)}</td></tr>' for a, b in self.lines)
        drawn = "".join(rows)
        return f'<table style="width:100%;border-collapse:collapse">{drawn}</table>' if drawn else ""


def answer(named: Mapping[str, str], row: Mapping[str, Any], sample: Definition | None) -> dict[str, Any]:
    """The values of the variables `named` (variable -> name of its value) for one row; empty for what was not filled in.

    `sample` = the form that is shown where nobody sent anything: in previews and tests.
    """
    definition, values = row.get(FORM) or {}, row.get(ANSWER) or {}
    if row.get(SAMPLED) and not definition and sample is not None:
        definition, values = sample, samples(sample)
    return {name: _value(path, definition, values) for path, name in named.items()}


def variables(definition: Definition) -> Iterator[str]:
    """The variables a form's submissions have."""
    yield from (RECEIPT, "form.name", "form.title")
    yield from (f"submission.{field['identifier']}" for field in _fields(definition))


def samples(definition: Definition) -> dict[str, Any]:
    """Something in every field of a form: the first choice, or what its label says."""
    return {field["identifier"]: _sample(field) for field in _fields(definition) if field["kind"] not in ("text_block", "image")}


def _value(path: str, definition: Definition, values: Mapping[str, Any]) -> Any:
    if path == RECEIPT:
        return Receipt(tuple(_lines(definition, values)))
    root, _, name = path.partition(".")
    if root == "form":
        return _clean(str(definition.get(name) or ""))
    return next((_shown(field, values[name]) for field in _fields(definition) if field["identifier"] == name and name in values), "")


def _lines(definition: Definition, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field in _fields(definition):
        value = values.get(field["identifier"])
        if value not in (None, "", []):
            yield _clean(name_of(field, str(definition.get("language") or ""))), _shown(field, value)


def _fields(definition: Definition) -> Iterator[Mapping[str, Any]]:
    for section in definition.get("sections", ()):
        yield from section.get("fields", ())


def _shown(field: Mapping[str, Any], value: Any) -> str:
    """As people read it: labels of choices, names of files, a mark for a tick."""
    if isinstance(value, bool):
        return _MARKS[value]
    labels = {one["value"]: one.get("label") or one["value"] for one in field.get("choices", ())}
    return _clean(", ".join(labels.get(str(one), str(one)) for one in (value if isinstance(value, list) else [value])))


def _sample(field: Mapping[str, Any]) -> Any:
    choices = [one["value"] for one in field.get("choices", ())]
    if field["kind"] == "consent":
        return True
    if field["kind"] == "email":
        return "desiree@fjord.test"
    return choices[0] if choices else f"({field.get('label') or field['identifier']})"


def _clean(text: str) -> str:
    """Without the character that stands between the slots of a rendering."""
    return text.replace("\x1f", "")


def _broken(text: str) -> str:
    return "<br>".join(str(escape(line)) for line in text.split("\n"))
