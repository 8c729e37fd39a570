"""What people fill in to start a run: the forms of our flows, as Prefect draws them. What a form cannot catch, the flow refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

#: every field says its place: one without would count as 0 and jump to the top
FORM = ConfigDict(extra="forbid", frozen=True)


def at(position: int, **more: Any) -> dict[str, Any]:
    """The place of a field on its form, from 1."""
    return {"position": position, **more}


MailingName = Annotated[str, Field(min_length=1)]


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
        title="Seconds to wait for the next retry",
        description="A run stays for a retry that is no further away, and ends otherwise; -1 = as MAILINGS_RUN_PATIENCE says.",
        json_schema_extra=at(3),
    )

    @property
    def stays(self) -> timedelta | None:
        """The run's patience, None = as the settings say."""
        return None if self.patience < 0 else timedelta(seconds=self.patience)
