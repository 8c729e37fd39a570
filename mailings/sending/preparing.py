"""Makes a run ready: the content compiled once, and the size of its portions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.channels import Compiled, email
from mailings.errors import NotAllowed
from mailings.model import Delivery, Mailing, MailingType
from mailings.settings import Settings

if TYPE_CHECKING:
    from mailings.sending.run import Run

CARRIED = (MailingType.EMAIL, MailingType.FORM_RESPONSE)  # a form response is an e-mail to one person at a time
SMALLEST, LARGEST, PARTS = 5_000, 50_000, 100  # deliveries; Prefect takes hundreds of task runs gladly, thousands not


def prepare(session: Session, run: Run, mailing: Mailing, settings: Settings) -> None:
    """Compile the mailing's content for the run. Raises BadTemplate with its place."""
    run.compiled, run.portion = compiled(session, mailing, settings), _portion(session, mailing)


def joined(session: Session, mailing: Mailing, settings: Settings) -> tuple[Compiled, int]:
    """The content and the size of portions for one more sender; writes nothing, for the conductor has. Raises BadTemplate, NotAllowed."""
    _must_be_carried(mailing)
    return email.compiled_of(session, mailing, settings), _portion(session, mailing)


def compiled(session: Session, mailing: Mailing, settings: Settings) -> Compiled:
    """The content by the channel of the mailing's type. Raises NotAllowed where no channel carries it yet."""
    _must_be_carried(mailing)
    return email.compile_mailing(session, mailing, settings)


def _must_be_carried(mailing: Mailing) -> None:
    if mailing.type not in CARRIED:
        raise NotAllowed(f"No channel carries {mailing.type} yet; {mailing.name} cannot be sent.")


def _portion(session: Session, mailing: Mailing) -> int:
    return portion_size(session.scalar(select(func.count()).where(Delivery.mailing_id == mailing.id)) or 0)


def portion_size(deliveries: int) -> int:
    """Deliveries in one portion: a hundredth of all, between 5,000 and 50,000 (house.md 5.1)."""
    return min(max(deliveries // PARTS, SMALLEST), LARGEST)
