"""The keys of `form.yaml`, part by part, with what each may hold (domain.md J.1 to J.5). Unknown keys are refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mailings.audience.folder_parts import Part, Text
from mailings.content.links import is_web
from mailings.forms.fields import FieldPart
from mailings.model import Form, ProcessingMode

LANGUAGE = Literal["en", "nl", "da", "no", "sv", "de"]
#: a colour as a page may take it into its style: nothing else than three or six hexadecimal digits (J.1, style)
_COLOUR = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?")


def _slug(name: str) -> str:
    if not _SLUG.fullmatch(name):
        raise ValueError("use small letters a to z, digits and hyphens; it stands in the form's address")
    return name


def _web(url: str) -> str:
    if not is_web(url):
        raise ValueError(f"{url!r} is no address a browser can open; write it whole, as in https://acme.test/thanks")
    return url


def _colour(written: str) -> str:
    if not _COLOUR.fullmatch(written):
        raise ValueError(f"{written!r} is no colour; write it as '#1a5fb4', in quotes")
    return written.lower()


def _origin(written: str) -> str:
    if not _ORIGIN.fullmatch(written):
        raise ValueError(f"{written!r} is no place a page may be embedded in; write it as https://www.acme.test, without a path")
    return written


def _moment(written: Any) -> Any:
    read = datetime.fromisoformat(written) if isinstance(written, str) else written
    if read is not None and type(read) is not datetime:
        read = datetime(read.year, read.month, read.day, tzinfo=UTC)  # YAML reads 2026-12-01 as a day
    if read is None or read.tzinfo is not None:
        return read
    return read.replace(tzinfo=UTC)


Url = Annotated[str, Field(max_length=4000), AfterValidator(_web)]
When = Annotated[datetime, BeforeValidator(_moment)]
Colour = Annotated[str, AfterValidator(_colour)]
Names = list[Annotated[Text, Field(min_length=1, max_length=255)]]


class PagePart(Part):
    """What is shown instead of the form: a message, or another address."""

    title: Text = ""
    message: Text = ""  # plain: blocks between empty lines become paragraphs
    redirect: Url | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.redirect is not None and (self.message or self.title):
            raise ValueError("choose message or redirect")
        return self


class PagesPart(Part):
    """The pages beside the form."""

    thank_you: PagePart = Field(default_factory=PagePart)
    inactive: PagePart = Field(default_factory=PagePart)


class StylePart(Part):
    """How the form looks, from a safe set."""

    columns: Literal[1, 2] = 1
    accent: Colour | None = None
    background: Colour | None = None
    ink: Colour | None = None
    progress: bool = True  # a bar over several sections


class SectionPart(Part):
    """A page of the form."""

    title: Text = ""
    text: Text = ""
    fields: Annotated[list[FieldPart], Field(min_length=1, max_length=200)]


class RequestPart(Part):
    """A request that is made of each submission (J.5). Fields request_title, request_category and request_message override."""

    title: Text = ""
    category: Text = ""
    priority: Text = ""
    owner: Text = "automatic"  # a user name, automatic (who looks after the person) or unassigned
    fields: bool = True  # the submitted values stand in its message


class NewPart(Part):
    """What people and companies get that a form makes (J.5: default category, business, our contact)."""

    category: Text = ""
    business: Text = ""
    our_contact: Text | None = None


class ActionsPart(Part):
    """What is done when a submission is processed (J.5)."""

    selections: Names = Field(default_factory=list)  # static ones
    projects: Names = Field(default_factory=list)
    interests: Names = Field(default_factory=list)
    request: RequestPart | None = None
    script: Text | None = None
    new: NewPart = Field(default_factory=NewPart)


class FormPart(Part):
    """The whole of form.yaml."""

    name: Annotated[str, Field(max_length=100), AfterValidator(_slug)]
    title: Annotated[Text, Field(min_length=1, max_length=255)]
    description: Text = ""
    language: LANGUAGE = "en"
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
    embed: list[Annotated[str, AfterValidator(_origin)]] = Field(default_factory=list, max_length=50)
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
