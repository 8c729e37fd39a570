"""Of whom it is not known any more which links they clicked, as old events are deleted (decision 0024)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import among
from mailings.model import Delivery, Mailing

SURELY_THERE = timedelta(days=30)  #: younger events are never deleted (settings.py, `events_kept_days`)


def silent_of(session: Session, recipients: Mapping[int, int], resets: Mapping[tuple[int, int | None], int]) -> Callable[[int, str], bool]:
    """Whether it is not known any more if one of these recipients has clicked a link: whoever clicked long ago may have clicked this
    one too, by a click that is deleted. Then nothing is added: too few rather than too many (decision 0024). What came since a reset
    is known while that is young."""
    since = clock.now() - SURELY_THERE
    young = {(mailing_id, "" if link is None else str(link)) for (mailing_id, link), at in resets.items() if at > since.timestamp() * 1000}
    long_ago = (~Delivery.test, Delivery.clicked_at < since, Mailing.events_deleted_at.is_not(None))
    asked = select(Delivery.recipient_id).join(Mailing, Mailing.id == Delivery.mailing_id)
    old = set(session.scalars(asked.where(among(session, Delivery.recipient_id, recipients), *long_ago))) if recipients else set()
    return lambda recipient, link: recipient in old and (recipients[recipient], link) not in young
