"""The fields of a form as its page shows them: each with its label, how it is written in, what stands in it and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mailings.forms.answers import Problem
from mailings.forms.definition import FormPart
from mailings.forms.fields import FieldPart
from mailings.forms.kinds import CUSTOM, ELEMENTS, VIEWS
from web.pages.words import OWN_NAMES

Say = Callable[..., str]

#: what a browser may know already: kind -> token of the HTML standard
AUTOCOMPLETE = {
    "name": "name",
    "first_name": "given-name",
    "last_name": "family-name",
    "email": "email",
    "mobile": "tel",
    "phone": "tel",
    "direct_phone": "tel",
    "salutation": "honorific-prefix",
    "position": "organization-title",
    "country": "country-name",
    "company_name": "organization",
    "company_phone": "tel",
}
#: what is written in it -> (type of input, keyboard of a phone)
INPUTS = {
    "email": ("email", "email"),
    "mobile": ("tel", "tel"),
    "digits": ("tel", "tel"),
    "integer": ("text", "numeric"),
    "date": ("date", ""),
}
WIDGETS = {"lines": "area", "tick": "consent", "files": "upload", "scale": "rating"}
WIDE = frozenset({"area", "options", "consent", "upload", "rating", "text_block", "image"})


@dataclass(frozen=True, slots=True)
class Option:
    """One of several: a box, a round button, a line of a list, a star."""

    id: str
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One field. `wrong` = the sentence that stands at it, `first` = the first with one: the cursor is there."""

    part: FieldPart
    widget: str
    id: str
    name: str
    label: str
    values: Sequence[str]
    options: Sequence[Option]
    hint: str
    wrong: str
    first: bool

    @property
    def value(self) -> str:
        """What stands in it, the first of several."""
        return self.values[0] if self.values else ""

    @property
    def type(self) -> str:
        """Of its input."""
        return INPUTS.get(self.part.holds, ("text", ""))[0]

    @property
    def keyboard(self) -> str:
        """The one a phone shows; empty = its usual one."""
        return INPUTS.get(self.part.holds, ("text", ""))[1]

    @property
    def autocomplete(self) -> str:
        """What the browser may fill in; empty where it has no word for it."""
        return AUTOCOMPLETE.get(self.part.kind, "")

    @property
    def wide(self) -> bool:
        """True for a field over both columns."""
        return self.part.full_width or self.widget in WIDE

    @property
    def focus(self) -> str:
        """The id of what can be written in: of several, the first."""
        return self.options[0].id if self.options and self.widget != "select" else self.id

    @property
    def described(self) -> str:
        """Ids of what is said about it."""
        return " ".join([f"{self.id}-hint"] * bool(self.hint) + [f"{self.id}-wrong"] * bool(self.wrong))

    @property
    def multiple(self) -> bool:
        """True where several may be chosen."""
        return self.part.holds == "choices" or self.part.multiple


def fields_of(form: FormPart, values: Mapping[str, Sequence[str]], problems: Mapping[str, Problem], say: Say) -> dict[str, Shown]:
    """Every field by its identifier, in the form's order."""
    first = next((one.identifier for one in form.every if one.identifier in problems), None)
    shown = {}
    for one in form.every:
        problem, written = problems.get(one.identifier), list(values.get(one.identifier, ()))
        shown[one.identifier] = Shown(
            part=one,
            widget=_widget(one),
            id=f"f-{one.identifier}",
            name=f"field_{one.identifier}",
            label=label_of(one, say),
            values=written,
            options=_options(one, written, say),
            hint=" ".join(filter(None, (one.hint, _limits(one, say)))),
            wrong=say(f"problem_{problem.what}", **problem.told) if problem else "",
            first=one.identifier == first,
        )
    return shown


def label_of(one: FieldPart, say: Say) -> str:
    """What its author calls it, else what everybody does, else its identifier."""
    if one.label or one.kind in VIEWS:
        return one.label
    if one.kind == "consent" and one.text:
        return one.text
    if one.kind in ELEMENTS or one.kind.startswith(CUSTOM):
        return one.identifier.replace("_", " ").capitalize()
    return say(f"field_{one.kind}")


def _widget(one: FieldPart) -> str:
    if one.kind in VIEWS or one.kind == "hidden":
        return one.kind
    if one.holds == "choices":
        return "options"
    if one.holds == "choice":
        return "options" if "radio" in (one.kind, one.shown_as) else "select"
    return WIDGETS.get(one.holds, "line")


def _options(one: FieldPart, chosen: Sequence[str], say: Say) -> list[Option]:
    if one.holds == "scale":
        offered = [(str(number), _of_scale(one, number, say)) for number in one.scale]
    elif one.kind == "topics":
        offered = [(topic, topic) for topic in one.topics]
    elif one.holds in ("choice", "choices"):
        named = OWN_NAMES if one.kind == "language" else {}
        offered = [(choice.value, choice.label or named.get(choice.value, choice.value)) for choice in one.choices]
    else:
        return []
    return [Option(f"f-{one.identifier}-{number}", value, label, value in chosen) for number, (value, label) in enumerate(offered, 1)]


def _of_scale(one: FieldPart, number: int, say: Say) -> str:
    if one.look == "thumbs":
        return say("form_thumb_up" if number else "form_thumb_down")
    if one.look == "smileys":
        return say(("form_smiley_sad", "form_smiley_even", "form_smiley_glad")[number - 1])
    return str(number) if one.look == "nps" else say("form_rating", number=number, most=one.scale[-1])


def _limits(one: FieldPart, say: Say) -> str:
    if one.holds != "files":
        return ""
    size = f"{one.max_kb} kB" if one.max_kb < 1000 else f"{one.max_kb / 1000:g} MB"
    most = say("form_files_many", count=one.max_files, size=size) if one.multiple else say("form_files_one", size=size)
    return f"{most} {say('form_files_kinds', kinds=', '.join(one.extensions))}" if one.extensions else most
