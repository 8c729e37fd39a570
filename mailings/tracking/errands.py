"""Errands: what a click on a link with actions sets going. Noted with the click, done once, soon, beside the door's requests (E.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, load_only

from mailings import clock
from mailings.content.actions import has_errand
from mailings.content.scripts import Click, script_named, within
from mailings.db import Database, among, insert_into
from mailings.errors import MailingsError
from mailings.model import Delivery, Errand, EventReading, Mailing, Person, Recipient, RegisteredLink, TrackedLink
from mailings.settings import Settings
from mailings.tracking.acting import act
from mailings.tracking.creating import Doing
from mailings.tracking.responses import clicks_before

if TYPE_CHECKING:
    from mailings.tracking.visits import Visit

UNTIL_READ = timedelta(seconds=15)  # by then a machine that follows all links is known as one: it takes seconds
PORTION = 50  # errands in one transaction
MOST = 20  # portions in one go, so that whoever asked can be stopped
LONGEST = 30.0  # seconds a script is waited for
BEGUN = "The script {} was begun; whether it came to its end is not known."


@dataclass(frozen=True, slots=True)
class Link:
    """A link as its errands see it. `actions` are the registered link's where it is one: editing that affects all (E.3)."""

    name: str
    url: str
    actions: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Script:
    errand: int
    said: str  # the outcome so far
    name: str
    click: Click


def note_errands(session: Session, clicks: Sequence[tuple[int, Visit]]) -> None:
    """An errand for each (event id, click) on a link that has actions; none for tests (D22)."""
    of = select(Delivery.id, Delivery.mailing_id).where(among(session, Delivery.id, {visit.delivery_id for _, visit in clicks}))
    mailings = dict(session.execute(of.where(Delivery.test.is_(False))).all())
    links = links_of(session, set(mailings.values()), {visit.link for _, visit in clicks if visit.link})
    due = clock.now() + UNTIL_READ
    rows = []
    for event_id, visit in clicks:
        mailing_id = mailings.get(visit.delivery_id, 0)
        link = links.get((mailing_id, visit.link or 0))
        if link is not None and has_errand(link.actions):
            told = {"mailing_id": mailing_id, "delivery_id": visit.delivery_id, "link": visit.link}
            rows.append({"event_id": event_id, **told, "due_at": due, "first": False})
    if rows:
        session.execute(insert_into(session, Errand.__table__).on_conflict_do_nothing(), rows)


def links_of(session: Session, mailings: set[int], numbers: set[int]) -> dict[tuple[int, int], Link]:
    """(mailing, number) -> the link, deleted ones too: mail with them is out."""
    link, shared = TrackedLink, RegisteredLink
    rows = select(link.mailing_id, link.number, link.name, link.url, link.actions, shared.url, shared.actions)
    rows = rows.outerjoin(shared, shared.id == link.registered_id)
    found = session.execute(rows.where(among(session, link.mailing_id, mailings), among(session, link.number, numbers)))
    return {
        (mailing, number): Link(name or f"{number}", theirs or url, actions if theirs is None else common or {})
        for mailing, number, name, url, actions, theirs, common in found
    }


def run_due_errands(database: Database, settings: Settings) -> int:
    """Do what is due, and return how many errands that were. Any number of processes may; each errand is done by one.

    What is done and that it is done are one transaction, so nothing is done twice by a process that dies in between, or left undone.
    A script is called after that: a process that dies then may leave it undone, and never calls it twice.
    """
    done = 0
    for _ in range(MOST):
        with database.reading() as session:
            if session.scalar(_due().limit(1)) is None:
                return done
        with database.writing() as session:
            claimed = _claim(session)
            scripts = [script for errand in claimed.errands if (script := _do(session, errand, claimed)) is not None]
        if not claimed.errands:
            return done
        for script in scripts:
            _call(database, script, settings)
        done += len(claimed.errands)
    return done


@dataclass(frozen=True)
class _Claimed:
    """Errands, and what is known for them, asked for together."""

    errands: Sequence[Errand]
    readings: Mapping[int, EventReading]
    people: Mapping[int, Person]  # by delivery
    links: Mapping[tuple[int, int], Link]
    mailings: Mapping[int, Mailing]


def _due(what: Any = Errand.id) -> Any:
    waiting = select(what).join(EventReading, EventReading.event_id == Errand.event_id)
    return waiting.where(Errand.done_at.is_(None), Errand.due_at <= clock.now()).order_by(Errand.due_at, Errand.id)


def _claim(session: Session) -> _Claimed:
    """The next errands, ours alone: others pass over them. People are locked in one order, so that nobody waits in a circle."""
    mine = _due(Errand).limit(PORTION).with_for_update(of=Errand, skip_locked=True)
    errands = sorted(session.scalars(mine), key=lambda errand: errand.id)
    deliveries = {errand.delivery_id for errand in errands}
    whose = select(Delivery.id, Recipient.person_id).join(Recipient, Recipient.id == Delivery.recipient_id)
    rows = session.execute(whose.where(among(session, Delivery.id, deliveries)))
    owners = {delivery: person for delivery, person in rows if person is not None}
    there = select(Person).where(among(session, Person.id, set(owners.values())), Person.deleted_at.is_(None))
    people = {person.id: person for person in session.scalars(there.order_by(Person.id).with_for_update(key_share=True))}
    read = select(EventReading).where(among(session, EventReading.event_id, {errand.event_id for errand in errands}))
    of = select(Mailing).where(among(session, Mailing.id, {errand.mailing_id for errand in errands}))
    mailings = session.scalars(of.options(load_only(Mailing.name, Mailing.created_by)))
    return _Claimed(
        errands,
        {reading.event_id: reading for reading in session.scalars(read)},
        {delivery: people[owner] for delivery, owner in owners.items() if owner in people},
        links_of(session, {errand.mailing_id for errand in errands}, {errand.link for errand in errands}),
        {mailing.id: mailing for mailing in mailings},
    )


def _do(session: Session, errand: Errand, known: _Claimed) -> _Script | None:
    """Do one errand and write down what came of it. Returns the script still to be called."""
    errand.done_at = clock.now()
    reading, person = known.readings[errand.event_id], known.people.get(errand.delivery_id)
    link, mailing = known.links.get((errand.mailing_id, errand.link)), known.mailings.get(errand.mailing_id)
    if reading.machine is not None:
        errand.outcome = f"A machine's click ({reading.machine}): nothing was done."
    elif person is None:
        errand.outcome = "The reader is no person in the database: nothing was done."  # D20
    elif link is None or mailing is None:
        errand.outcome = "The link is gone: nothing was done."
    else:
        errand.first = reading.first and not _done_before(session, errand)
        doing = Doing(person, mailing, link.name, errand.event_id, errand.first)
        errand.outcome = act(session, doing, link.actions)
        name = (link.actions.get("script") or {}).get("name")
        if name is not None and errand.first:
            hits = max(1, clicks_before(session, errand.delivery_id, errand.link))
            script = _Script(errand.id, errand.outcome, name, Click(link.name, link.url, mailing.name, person.id, hits, errand.first))
            errand.outcome = f"{script.said} {BEGUN.format(name)}".strip()
            return script
    return None


def _done_before(session: Session, errand: Errand) -> bool:
    same = select(func.count()).where(Errand.delivery_id == errand.delivery_id, Errand.link == errand.link, Errand.first)
    return bool(session.scalar(same.where(Errand.id != errand.id)))


def _call(database: Database, script: _Script, settings: Settings) -> None:
    try:
        run = script_named(script.name, settings.scripts).run
        said = within(LONGEST, lambda: run(script.click)) or "done"
        told = f"Script {script.name}: {said}"
    except MailingsError as error:
        told = f"The script {script.name} was not called: {error}"
    except Exception as error:
        told = f"The script {script.name} failed: {type(error).__name__}: {error}"
    with database.writing() as session:
        begun = update(Errand).where(Errand.id == script.errand, Errand.outcome.is_not(None))  # blanked meanwhile: the person was erased
        session.execute(begun.values(outcome=f"{script.said} {told}".strip()))
