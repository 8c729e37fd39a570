"""What people fill in to start a run: the forms of our flows, as Prefect draws them. What a form cannot catch, the flow refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mailings.addresses import read_address, read_addresses
from mailings.errors import BadAddress, NotAllowed

#: every field says its place: one without would count as 0 and jump to the top
FORM = ConfigDict(extra="forbid", frozen=True)


def at(position: int, **more: Any) -> dict[str, Any]:
    """The place of a field on its form, from 1."""
    return {"position": position, **more}


MailingName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]  # people paste names with a blank at the end
Latest = Literal["failed", "bounced", "in_doubt", "cancelled", "unopened", "unclicked"]  #: the words of sending/choosing.py


class HowToSend(BaseModel):
    """How fast, and by how many processes. As it stands it is right for nearly every mailing."""

    model_config = ConfigDict(**FORM, title="How to send")

    shards: int = Field(
        1,
        ge=1,
        le=64,
        title="Processes that send side by side",
        description="Each is a run of deliver-shard on some worker; 1 = this run sends by itself. Worth it from ten minutes of sending on.",
        json_schema_extra=at(1),
    )
    batch_size: int = Field(
        0,
        ge=0,
        le=1000,
        title="Deliveries claimed at a time",
        description="0 = as many as the transport likes: 200, SendGrid 1,000.",
        json_schema_extra=at(2),
    )
    patience: float = Field(
        -1,
        ge=-1,
        le=604_800,  # a week: longer ones overflow a clock
        title="Seconds to wait for the next retry",
        description="A run stays for a retry that is no further away, and ends otherwise; -1 = as MAILINGS_RUN_PATIENCE says.",
        json_schema_extra=at(3),
    )

    @property
    def stays(self) -> timedelta | None:
        """The run's patience, None = as the settings say."""
        return None if self.patience < 0 else timedelta(seconds=self.patience)


class Whom(BaseModel):
    """Whom a mailing is sent to again: everybody who has not received it, or who is chosen below. One of the two."""

    model_config = ConfigDict(**FORM, title="To whom")

    reload: bool = Field(
        False,
        title="Everybody who has not received it",
        description="Makes the list anew from the same sources, with today's people and addresses. Instead of choosing below.",
        json_schema_extra=at(1),
    )
    latest: list[Latest] = Field(
        [],
        title="What became of the latest message",
        description="Everybody of whose latest message this is true gets one more; several may be chosen.",
        json_schema_extra=at(2),
    )
    addresses: list[str] = Field(
        [],
        title="E-mail addresses",
        description="Whoever is on the mailing with one of these gets one more message, whatever became of the last.",
        json_schema_extra=at(3),
    )

    @property
    def only(self) -> str:
        """The chosen as `mailings resend --only` takes them. Raises NotAllowed where nothing or both is said, BadAddress."""
        if self.reload == bool(self.latest or self.addresses):
            raise NotAllowed("Choose whom to send to again: either everybody who has not received it, or some below; one of them.")
        return ",".join([*self.latest, *(normal for written in self.addresses for normal in _read(written))])


def _read(written: str) -> list[str]:
    found = read_addresses(written) or [read_address(written)]
    if wrong := next((one for one in found if one.normal is None), None):
        raise BadAddress(f"{written!r} is no e-mail address: {wrong.problem}")
    return [one.normal for one in found if one.normal]


class Occasion(BaseModel):
    """Which day a recurring mailing is for. A schedule fills in nothing: it is the day it was set for."""

    model_config = ConfigDict(**FORM, title="Which day")

    date: str = Field(
        "",
        pattern=r"^(\d{4}-\d{2}-\d{2})?$",
        title="The day, like 2026-11-21",
        description="By hand only, to make up for a day that was missed; empty = the day this run was scheduled for, or today.",
        json_schema_extra=at(1),
    )
    zone: str = Field(
        "",
        title="Time zone",
        description="In which the day is told, like Europe/Oslo; empty = the schedule's, else as MAILINGS_TIME_ZONE says.",
        json_schema_extra=at(2),
    )
    hours_late: int = Field(
        12,
        ge=0,
        le=8760,
        title="Hours it may be late",
        description="After an outage a day that is further back is not sent any more, and the run says so; a day given above always is.",
        json_schema_extra=at(3),
    )


class HowToImport(BaseModel):
    """What is said of the people on the list, and what becomes of them."""

    model_config = ConfigDict(**FORM, title="How to take it in")

    consent: Literal["as_listed", "consent", "contract", "law", "vital", "public", "legitimate_interest"] = Field(
        "as_listed",
        title="On which basis they may be written to",
        description="as_listed = only what the list's own column says; nobody gets a mailing without a basis.",
        json_schema_extra=at(1),
    )
    unknown: Literal["keep", "skip"] = Field(
        "keep",
        title="People not known yet",
        description="keep = add them; skip = leave them out.",
        json_schema_extra=at(2),
    )
    selection: str = Field(
        "",
        title="Add everybody to this selection",
        description="Made if missing; empty = none.",
        json_schema_extra=at(3),
    )
    dry_run: bool = Field(
        False,
        title="Only try",
        description="Say what would happen, and change nothing.",
        json_schema_extra=at(4),
    )
