"""Withdraws: consent as a whole, or one topic. In force at once: what was queued for that person is cancelled in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.cancelling import cancel_queued, recipients_of
from mailings.consent.history import in_force
from mailings.db import among, insert_into
from mailings.model import EMARKETING, Basis, Consent, Mailing, OptOut, Recipient


def withdraw(session: Session, person_id: int, source: str, by: str | None = None) -> bool:
    """The person does not want to be written to any more (domain.md C.7, F.3). False when that is in force already.

    Queued deliveries are cancelled, except of mailings that override consent (house.md 4).
    """
    return bool(withdraw_many(session, [person_id], source, by))


def withdraw_many(session: Session, people: Sequence[int], source: str, by: str | None = None) -> int:
    """The same for a few thousand people at a time; returns for how many it was new."""
    before = in_force(session, people)
    told = {"purpose": EMARKETING, "basis": Basis.WITHDRAWN, "source": source, "given_at": clock.now(), "given_by": by}
    rows = [{"person_id": person_id, **told} for person_id in people if before.get(person_id, (None,))[0] is not Basis.WITHDRAWN]
    if rows:
        session.execute(insert(Consent), rows)
    theirs = recipients_of(among(session, Recipient.person_id, people), Mailing.override_consent.is_(False))
    cancel_queued(session, theirs, f"Consent was withdrawn ({source}).", by)
    return len(rows)


def opt_out(session: Session, person_id: int, topic_id: int, source: str, by: str | None = None) -> bool:
    """The person does not take this topic; others go on (domain.md C.7, F.1). False when that is in force already.

    Queued deliveries of mailings of the topic are cancelled, except of those that override consent and subscription.
    """
    row = {"person_id": person_id, "topic_id": topic_id, "since": clock.now(), "source": source}
    written = session.execute(insert_into(session, OptOut).values(row).on_conflict_do_nothing().returning(OptOut.id)).all()
    _cancel_topic(session, [person_id], topic_id, source, by)
    return bool(written)


def opt_out_many(session: Session, opt_outs: Sequence[tuple[int, int]], source: str) -> None:
    """The same for (person, topic) of a few thousand people at a time; those in force already stay as they are."""
    now = clock.now()
    rows = [{"person_id": person, "topic_id": topic, "since": now, "source": source} for person, topic in dict.fromkeys(opt_outs)]
    if not rows:
        return
    session.execute(insert_into(session, OptOut.__table__).on_conflict_do_nothing(), rows)
    for topic_id in {topic for _, topic in opt_outs}:
        _cancel_topic(session, [person for person, topic in opt_outs if topic == topic_id], topic_id, source)


def subscribe(session: Session, person_id: int, topic_id: int) -> bool:
    """The person takes the topic again: the opt-out in force ends, its row stays. False when there was none. Brings no delivery back."""
    ended = update(OptOut).where(OptOut.person_id == person_id, OptOut.topic_id == topic_id, OptOut.ended_at.is_(None))
    return bool(session.execute(ended.values(ended_at=clock.now()).returning(OptOut.id)).all())


def _cancel_topic(session: Session, people: Sequence[int], topic_id: int, source: str, by: str | None = None) -> None:
    theirs = recipients_of(among(session, Recipient.person_id, people), Mailing.topic_id == topic_id, Mailing.override_consent.is_(False))
    cancel_queued(session, theirs, f"The person opted out of the mailing's topic ({source}).", by)
