"""The whole of `form.yaml`, key by key (domain.md J.1 to J.5), and the definition of a form that was pushed. Unknown keys are refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from mailings.audience.folder_parts import Part, Text
from mailings.forms.fields import FieldPart
from mailings.forms.parts import ActionsPart, Origin, PagesPart, Slug, StylePart, When
from mailings.model import Form, ProcessingMode


class SectionPart(Part):
    """A page of the form."""

    title: Text = ""
    text: Text = ""
    fields: Annotated[list[FieldPart], Field(min_length=1, max_length=200)]


class FormPart(Part):
    """The whole of form.yaml."""

    name: Slug
    title: Annotated[Text, Field(min_length=1, max_length=255)]
    description: Text = ""
    language: Literal["en", "nl", "da", "no", "sv", "de"] = "en"
    folder: Text = ""
    active: bool = True
    opens: When | None = None
    closes: When | None = None
    max_submissions: Annotated[int, Field(ge=1)] | None = None
    mode: ProcessingMode = ProcessingMode.AUTOMATIC
    double_opt_in: bool = False
    response: Text | None = None  # the form response mailing that answers (J.5)
    introduction: Text = ""
    button: Text = ""
    sections: list[SectionPart] = Field(default_factory=list, max_length=50)
    fields: list[FieldPart] = Field(default_factory=list, max_length=200)
    pages: PagesPart = Field(default_factory=PagesPart)
    style: StylePart = Field(default_factory=StylePart)
    captcha: Literal["hcaptcha", "recaptcha"] | None = None
    embed: list[Origin] = Field(default_factory=list, max_length=50)
    notify: bool = False  # a request of each submission, for whoever looks after forms
    actions: ActionsPart = Field(default_factory=ActionsPart)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.sections) == bool(self.fields):
            raise ValueError("write fields, or sections with fields; one of both")
        if self.opens and self.closes and self.opens >= self.closes:
            raise ValueError("it closes before it opens")
        if self.fields:
            self.sections, self.fields = [SectionPart(fields=self.fields)], []
        _distinct(self.every)
        kinds = [field.kind for field in self.every]
        if self.double_opt_in and "email" not in kinds:
            raise ValueError("double_opt_in needs a field of kind email: the link goes there")
        if self.response and "email" not in kinds:
            raise ValueError("response needs a field of kind email: the answer goes there")
        if "email" in kinds and self.double_opt_in:
            self._email().mandatory = True
        return self

    @property
    def every(self) -> list[FieldPart]:
        """All fields, in their order."""
        return [field for section in self.sections for field in section.fields]

    def field(self, identifier: str) -> FieldPart | None:
        """The field of that identifier."""
        return next((field for field in self.every if field.identifier == identifier), None)

    def of_kind(self, kind: str) -> FieldPart | None:
        """The first field of that kind."""
        return next((field for field in self.every if field.kind == kind), None)

    def _email(self) -> FieldPart:
        return next(field for field in self.every if field.kind == "email")

    def stored(self) -> dict[str, Any]:
        """As the database keeps it: only what was chosen."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _distinct(fields: list[FieldPart]) -> None:
    """No identifier twice; no kind twice whose value has one place."""
    for key in ("identifier", "kind"):
        many = {"text_block", "image", "consent"} | ({f.kind for f in fields if not f.once} if key == "kind" else set())
        seen: set[str] = set()
        for field in fields:
            value = getattr(field, key)
            if value in seen and value not in many:
                raise ValueError(f"two fields have the {key} {value}; " + ("give one another" if key == "identifier" else "take one out"))
            seen.add(value)


def definition_of(form: Form) -> FormPart:
    """The definition a form was pushed with, checked."""
    return FormPart.model_validate(form.definition)
