"""What a person wants from us, as the preferences page shows and changes it: consent, topics, language (domain.md F.2, F.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.giving import give
from mailings.consent.history import in_force
from mailings.consent.rules import accepted_bases
from mailings.consent.topics import topics
from mailings.consent.withdrawing import opt_out, subscribe, withdraw
from mailings.model import AddressStanding, Basis, Delivery, OptOut, Person, Topic
from mailings.settings import Settings
from mailings.tracking.readers import Reader, hold

SOURCE = "Preferences page"


@dataclass(frozen=True, slots=True)
class Preferences:
    """How things stand. `consent` = may be written to at all; every topic with whether it is taken."""

    consent: bool
    topics: Sequence[tuple[Topic, bool]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the reader changed on the page, and nothing else: an old page must not undo what was changed elsewhere since."""

    consent: bool | None = None
    topics: Mapping[int, bool] = field(default_factory=dict)  # by topic id
    language: str | None = None


def preferences_of(session: Session, person_id: int, settings: Settings) -> Preferences:
    """How things stand with a person, by the rules mailings go by (domain.md C.7, D2, D4). With *No mailings* set, nothing is sent."""
    basis = in_force(session, [person_id]).get(person_id, (None,))[0]
    unwanted = session.scalar(select(Person.no_mailings).where(Person.id == person_id))
    consent = basis in accepted_bases(settings.accepted_bases) if settings.consent_filter else basis is not Basis.WITHDRAWN
    refused = set(session.scalars(select(OptOut.topic_id).where(OptOut.person_id == person_id, OptOut.ended_at.is_(None))))
    return Preferences(consent and not unwanted, [(topic, topic.id not in refused) for topic in topics(session)])


def left(session: Session, reader: Reader) -> Literal["all", "topic"] | None:
    """What the reader refused already, by whatever way: all mail, or this mailing's topic. None of tests, whose readers refuse nothing."""
    if not reader.counts:
        return None
    if reader.person is None:
        standing = session.get(AddressStanding, reader.address)
        return "all" if standing is not None and standing.unsubscribed_at is not None else None
    if in_force(session, [reader.person.id]).get(reader.person.id, (None,))[0] is Basis.WITHDRAWN:
        return "all"
    theirs = (OptOut.person_id == reader.person.id, OptOut.topic_id == reader.mailing.topic_id, OptOut.ended_at.is_(None))
    return None if session.scalar(select(OptOut.id).where(*theirs)) is None else "topic"


def change(session: Session, reader: Reader, wish: Wish, settings: Settings) -> bool:
    """Write what the reader wishes, where it differs from what is in force; queued messages follow in the same transaction.

    Consent switched on is given as consent, switched off is withdrawn (F.3). False when nothing changed, for tests, and for readers
    without a person.
    """
    if not reader.counts or reader.person is None:
        return False
    hold(session, reader)
    now = preferences_of(session, reader.person.id, settings)
    changed = [_consent(session, reader, wish.consent)] if wish.consent not in (None, now.consent) else []
    changed += [
        _topic(session, reader, topic, wish.topics[topic.id])
        for topic, taken in now.topics
        if wish.topics.get(topic.id, taken) is not taken
    ]
    if wish.language is not None and wish.language != reader.person.language:
        session.execute(update(Person).where(Person.id == reader.person.id).values(language=wish.language))
        changed.append(True)
    return any(changed)


def _consent(session: Session, reader: Reader, on: bool | None) -> bool:
    assert reader.person is not None
    if not on:
        _mark(session, reader)
        return withdraw(session, reader.person.id, SOURCE)
    # "No mailings" was noted for the person; what they say themselves is newer
    session.execute(update(Person).where(Person.id == reader.person.id, Person.no_mailings).values(no_mailings=False))
    give(session, reader.person.id, Basis.CONSENT, SOURCE)
    return True


def _topic(session: Session, reader: Reader, topic: Topic, on: bool) -> bool:
    assert reader.person is not None
    if on:
        return subscribe(session, reader.person.id, topic.id)
    if topic.id == reader.mailing.topic_id:
        _mark(session, reader)
    return opt_out(session, reader.person.id, topic.id, SOURCE)


def _mark(session: Session, reader: Reader) -> None:
    """The message by which somebody left, stamped once."""
    first = update(Delivery).where(Delivery.id == reader.delivery.id, Delivery.unsubscribed_at.is_(None))
    session.execute(first.values(unsubscribed_at=clock.now()))
