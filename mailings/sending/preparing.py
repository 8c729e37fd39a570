"""Makes a run ready: the content compiled once, and the size of its portions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.channels import Compiled, channel_of
from mailings.model import Delivery, Mailing
from mailings.settings import Settings

if TYPE_CHECKING:
    from mailings.sending.run import Run

SMALLEST, LARGEST, PARTS = 5_000, 50_000, 100  # deliveries; Prefect takes hundreds of task runs gladly, thousands not


def prepare(session: Session, run: Run, mailing: Mailing, settings: Settings) -> None:
    """Compile the mailing's content for the run. Raises BadTemplate with its place."""
    run.compiled, run.portion = compiled(session, mailing, settings), _portion(session, mailing)


def joined(session: Session, mailing: Mailing, settings: Settings) -> tuple[Compiled, int]:
    """The content and the size of portions for one more sender; writes nothing, for the conductor has. Raises BadTemplate, NotAllowed."""
    return channel_of(mailing).compiled_of(session, mailing, settings), _portion(session, mailing)


def compiled(session: Session, mailing: Mailing, settings: Settings) -> Compiled:
    """The content by the channel of the mailing's type. Raises NotAllowed where no channel carries it yet."""
    return channel_of(mailing).compile_mailing(session, mailing, settings)


def _portion(session: Session, mailing: Mailing) -> int:
    return portion_size(session.scalar(select(func.count()).where(Delivery.mailing_id == mailing.id)) or 0)


def portion_size(deliveries: int) -> int:
    """Deliveries in one portion: a hundredth of all, between 5,000 and 50,000 (house.md 5.1)."""
    return min(max(deliveries // PARTS, SMALLEST), LARGEST)
