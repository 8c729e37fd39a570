"""Parts of `form.yaml` beside its fields: pages, style, actions (domain.md J.1, J.5); and what a name, a colour, an origin may be."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mailings.audience.folder_parts import Part, Text
from mailings.content.links import is_web

#: a colour as a page may take it into its style: nothing else than three or six hexadecimal digits (J.1, style)
_COLOUR = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")


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


Slug = Annotated[str, Field(max_length=100), AfterValidator(_slug)]
Origin = Annotated[str, AfterValidator(_origin)]
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
