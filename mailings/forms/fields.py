"""One field of `form.yaml`: the keys it may have, by its kind (domain.md J.2). What makes no sense is refused with the reason."""

from __future__ import annotations

import difflib
import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from mailings.audience.folder_parts import Part, Text
from mailings.content.links import is_web
from mailings.forms.kinds import BELONGS, CHOOSING, CUSTOM, CUSTOM_AS, ELEMENTS, KINDS, LANGUAGES, REFUSED, SCALES, VIEWS, Holds
from mailings.model import EMARKETING

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_KEY = re.compile(r"[a-z_][a-z0-9_]*")
_EXTENSION = re.compile(r"[a-z0-9]{1,10}")
MOST_CHOICES = 500


def _known(kind: str) -> str:
    if kind in KINDS or (kind.startswith(CUSTOM) and _KEY.fullmatch(kind.removeprefix(CUSTOM))):
        return kind
    if kind in REFUSED:
        raise ValueError(f"{kind}: {REFUSED[kind]}")
    if kind.startswith(CUSTOM):
        raise ValueError(f"{kind!r}: write the field as templates do behind customer.custom., as in custom.shoe_size")
    near = difflib.get_close_matches(kind, KINDS, n=2)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(KINDS)} and custom.KEY"
    raise ValueError(f"there is no kind of field {kind!r}; {hint}")


def _identifier(written: str) -> str:
    if written and not _IDENTIFIER.fullmatch(written):
        raise ValueError(f"{written!r} is no identifier; begin with a letter and use letters A to Z, digits and _")
    return written


def _extension(written: str) -> str:
    plain = written.lower().removeprefix(".")
    if not _EXTENSION.fullmatch(plain):
        raise ValueError(f"{written!r} is no ending of a file name; write it as in pdf")
    return plain


def _web(url: str) -> str:
    if not is_web(url):
        raise ValueError(f"{url!r} is no address a browser can open; write it whole, as in https://acme.test/privacy")
    return url


class Choice(Part):
    """One of several: what is kept, and what is shown."""

    value: Annotated[Text, Field(min_length=1, max_length=255)]
    label: Text = ""


def _choice(written: Any) -> Any:
    return written if isinstance(written, dict | Choice) else {"value": written}


_Choice = Annotated[Choice, BeforeValidator(_choice)]
_Day = Annotated[str | int | None, BeforeValidator(lambda v: v.isoformat() if isinstance(v, date) else v)]


class FieldPart(Part):
    """A field. Which keys go with which kind: docs/reference/form-yaml.md."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    kind: Annotated[str, AfterValidator(_known)]
    identifier: Annotated[Text, AfterValidator(_identifier)] = ""
    label: Text = ""
    placeholder: Text = ""
    hint: Text = ""
    mandatory: bool = False
    overwrite: bool = False  # off: a form fills only what is empty (J.2)
    full_width: bool = False
    prefill: bool = True  # a link may fill it in
    default: Text = ""
    choices: Annotated[list[_Choice], Field(max_length=MOST_CHOICES)] = Field(default_factory=list)
    min: _Day = None
    max: _Day = None
    longest: Annotated[int, Field(ge=1, le=20_000)] | None = None
    multiple: bool = False
    max_files: Annotated[int, Field(ge=1, le=20)] = 5
    max_kb: Annotated[int, Field(ge=1, le=20_000)] = 2_000
    extensions: Annotated[list[Annotated[str, AfterValidator(_extension)]], Field(max_length=50)] = Field(default_factory=list)
    look: Literal["stars", "dice", "thumbs", "smileys", "nps"] = "stars"
    purpose: Text = EMARKETING
    privacy: Annotated[str, AfterValidator(_web)] | None = None
    text: Text = ""
    topics: list[Text] = Field(default_factory=list)
    unticked: Literal["keep", "opt_out"] = "keep"
    use_existing: bool = False
    shown_as: Annotated[str, Field(alias="as")] = "text"
    file: Text = ""
    image: str = ""  # set by a push: the file as a data: address

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.identifier:
            if self.kind in ELEMENTS:
                raise ValueError(f"a field of kind {self.kind} needs an identifier: a name of its own, by which its value is kept")
            self.identifier = self.kind.removeprefix(CUSTOM)
        self._keys_fit()
        if self.kind.startswith(CUSTOM) and self.shown_as not in CUSTOM_AS:
            raise ValueError(f"as is {self.shown_as!r}; it can be {', '.join(CUSTOM_AS)}")
        self._choices_fit()
        self._bounds_fit()
        if self.kind == "text_block" and not self.text:
            raise ValueError("a text_block needs a text")
        if self.kind == "image" and not self.file:
            raise ValueError("an image needs a file: one of the folder")
        if self.kind == "hidden" and self.mandatory:
            raise ValueError("a hidden field cannot be mandatory: nobody could fill it in")
        return self

    def _keys_fit(self) -> None:
        family = "custom" if self.kind.startswith(CUSTOM) else self.kind
        for name in self.model_fields_set:
            key = type(self).model_fields[name].alias or name
            if (kinds := BELONGS.get(key)) is not None and family not in kinds:
                raise ValueError(f"{key} does not go with a field of kind {self.kind}; it goes with {', '.join(sorted(kinds))}")
        if self.kind in VIEWS and self.mandatory:
            raise ValueError(f"a field of kind {self.kind} is only looked at and cannot be mandatory")

    def _choices_fit(self) -> None:
        if self.kind == "language" and not self.choices:
            self.choices = [Choice(value=code) for code in LANGUAGES]
        if self.holds in CHOOSING and self.kind != "topics" and not self.choices:
            raise ValueError(f"a field of kind {self.kind} needs choices: what may be chosen")
        values = [choice.value for choice in self.choices]
        if len(set(values)) < len(values):
            raise ValueError("a value stands twice among the choices")
        if self.default and self.holds == "choice" and self.default not in values:
            raise ValueError(f"default is {self.default!r}, which is none of the choices")

    def _bounds_fit(self) -> None:
        kind = {"integer": int, "date": str}.get(self.holds)
        for key in ("min", "max"):
            bound = getattr(self, key)
            if bound is not None and (kind is None or not isinstance(bound, kind)):
                raise ValueError(f"{key} is {bound!r}; write a whole number for an integer, a day such as 2026-12-24 for a date")
            if isinstance(bound, str):
                date.fromisoformat(bound)
        if self.min is not None and self.max is not None and self.min > self.max:  # type: ignore[operator]
            raise ValueError("min is above max")

    @property
    def holds(self) -> Holds:
        """What is written in it."""
        if self.kind.startswith(CUSTOM):
            return CUSTOM_AS[self.shown_as]
        free = self.kind in ("business", "country", "request_category") and self.choices
        return "choice" if free else KINDS[self.kind]

    @property
    def once(self) -> bool:
        """True for kinds whose value has one place, so that a form has one such field."""
        return self.kind not in ELEMENTS and self.kind not in VIEWS and self.kind != "consent"

    @property
    def scale(self) -> range:
        """The numbers of a rating."""
        return SCALES[self.look]

    def shows(self, value: str) -> str:
        """How a chosen value is shown."""
        return next((choice.label or choice.value for choice in self.choices if choice.value == value), value)
