"""What a link does besides leading somewhere: the schema of `links.NAME.actions` in mailing.yaml (domain.md E.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from mailings.content.links import is_web

AUTOMATIC, UNASSIGNED = "automatic", "unassigned"  # owners of a request that are nobody's name
#: what `response` makes the door do; everything else is done a little later, by the click's errand
ANSWER = "response"
#: done for a person's first click only (domain.md D14); the others leave the same behind however often they are done
CREATING = ("follow_up", "request", "script")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _web(url: str) -> str:
    if not is_web(url):
        raise ValueError(f"{url!r} is no address a browser can open; write it whole, as in https://acme.test/offer")
    return url


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone; write one like Europe/Oslo") from error
    return name


def _field(name: str) -> str:
    key = re.sub(r"\W+", "_", name.casefold()).strip("_")
    if key != name or key[:1].isdigit():
        raise ValueError(f"write the field as templates do behind customer.custom., as in {key or 'shoe_size'}")
    return name


_Text = Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int | float) and not isinstance(v, bool) else v)]
_Name = Annotated[_Text, Field(min_length=1, max_length=255)]
_Url = Annotated[str, Field(max_length=4000), AfterValidator(_web)]


class Response(_Part):
    """What the reader sees: another address, a text of our own, or a form with fields filled in; else the link's own address."""

    url: _Url | None = None
    text: _Text | None = None  # plain, or HTML where it has tags
    title: _Text = ""
    form: _Name | None = None
    prefill: list[_Name] = Field(default_factory=list)  # fields of the reader, as templates name them: customer.email

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(way is not None for way in (self.url, self.text, self.form)) > 1:
            raise ValueError("choose one of url, text and form")
        if self.prefill and self.form is None:
            raise ValueError("prefill belongs to a form")
        if self.title and self.text is None:
            raise ValueError("title belongs to a text")
        return self


class SetField(_Part):
    """A custom field of the person and the value it gets."""

    name: Annotated[_Name, AfterValidator(_field)]
    value: _Text


class Membership(_Part):
    """Names to put the person into, and names to take the person out of."""

    add: list[_Name] = Field(default_factory=list)
    remove: list[_Name] = Field(default_factory=list)


class FollowUpPart(_Part):
    """A to-do or meeting with the person, at nine in the morning `in_days` days after the click."""

    kind: Literal["to-do", "meeting"] = "to-do"
    description: _Name
    project: _Name | None = None
    task_type: _Text = ""
    assign_to_our_contact: bool = True
    default_recipient: _Name | None = None  # user name of who gets it otherwise
    minutes: Annotated[int, Field(ge=1, le=14_400)] = 120
    in_days: Annotated[int, Field(ge=0, le=3650)] = 1
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"


class RequestPart(_Part):
    """A request of the person's. `owner` = a user name of ours, automatic (who looks after the person) or unassigned."""

    title: _Name
    priority: _Text = ""
    category: _Text = ""
    owner: _Name = AUTOMATIC


class ScriptPart(_Part):
    """A Python callable that the installation registered under this name; see content/scripts."""

    name: _Name


class Actions(_Part):
    """Everything a link does. All of it may be used together."""

    response: Response | None = None
    set_field: SetField | None = None
    interests: Membership | None = None
    selections: Membership | None = None  # static ones
    projects: Membership | None = None
    follow_up: FollowUpPart | None = None
    request: RequestPart | None = None
    script: ScriptPart | None = None

    def stored(self) -> dict[str, Any]:
        """As the database keeps it: only what was chosen."""
        return self.model_dump(mode="json", exclude_defaults=True)


def has_errand(actions: Mapping[str, Any]) -> bool:
    """True when a click sets something going besides what the reader sees at once."""
    return bool(actions.keys() - {ANSWER})
