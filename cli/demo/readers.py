"""Two days later, in the demo: people open, follow links and leave, machines look too. The same ones each time, through the real rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from random import Random

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from mailings.db import Database
from mailings.errors import Untrusted
from mailings.model import Delivery, Mailing, TrackedLink
from mailings.reported import EventKind
from mailings.settings import Settings
from mailings.tracking.leaving import PAGE, leave
from mailings.tracking.readers import reader_of
from mailings.tracking.recording import record_visits
from mailings.tracking.visits import BATCH, Visit

LATER = timedelta(days=2)
#: moved back, so that a report has two days to show; not when it was made, or its Message-IDs would seem older than signing
SHIFT = (
    "UPDATE delivery SET sent_at = sent_at - :ms, claimed_at = claimed_at - :ms WHERE mailing_id = :mailing",
    "UPDATE mailing SET populated_at = populated_at - :ms, started_at = started_at - :ms,"
    " finished_at = finished_at - :ms WHERE id = :mailing",
)
#: and whatever was known by then: consent recorded after the mailing it was needed for would look like none
KNOWN = (
    "UPDATE person SET created_at = created_at - :ms",
    "UPDATE consent SET given_at = given_at - :ms",
    "UPDATE opt_out SET since = since - :ms",
    "UPDATE address_standing SET blocked_at = blocked_at - :ms, complained_at = complained_at - :ms",
)
AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; Microsoft Outlook 16.0.18526; ms-office)",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0",
    "Mozilla/5.0 (Linux; Android 15; SM-A546B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
)
SCANNER = "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))"
PRIVACY = "Mozilla/5.0"  #: what Apple's proxies write, whoever reads


def two_days_pass(session: Session, mailing: Mailing) -> None:
    """Let the mailing have been sent two days ago."""
    back = LATER // timedelta(milliseconds=1)
    for statement in SHIFT:
        session.execute(text(statement), {"ms": back, "mailing": mailing.id})
    for statement in KNOWN:
        session.execute(text(statement), {"ms": back})
    session.expire_all()


def readers_come(database: Database, mailing_id: int, settings: Settings, silent: set[int]) -> int:
    """Readers open, click and leave; nobody of `silent`, whose messages came back. How many visits there were."""
    with database.reading() as session:
        visits = list(_visits(session, mailing_id, silent))
        leaving = [visit.delivery_id for visit in visits if visit.kind is EventKind.OPENED][:: len(AGENTS) * 17]
    for batch in iter(lambda walk=iter(visits): list(islice(walk, BATCH)), []):  # type: ignore[misc]
        with database.writing() as session:
            record_visits(session, batch, settings)
    with database.writing() as session:
        for delivery_id in leaving:
            _leave(session, delivery_id)
    return len(visits)


def _leave(session: Session, delivery_id: int) -> None:
    try:
        leave(session, reader_of(session, delivery_id), PAGE)
    except Untrusted:  # erased meanwhile, by somebody who tries the demo out
        return


def _visits(session: Session, mailing_id: int, silent: set[int]) -> Iterator[Visit]:
    """Every visit, each message's in the order of time."""
    dice = Random(7)  # noqa: S311  the same demo each time
    numbers = list(session.scalars(select(TrackedLink.number).where(TrackedLink.mailing_id == mailing_id).order_by(TrackedLink.number)))
    sent = select(Delivery.id, Delivery.sent_at).where(Delivery.mailing_id == mailing_id, Delivery.sent_at.is_not(None), ~Delivery.test)
    for delivery_id, sent_at in session.execute(sent.order_by(Delivery.id)):
        kind, hours = dice.random(), min(dice.expovariate(0.16), 47.5)
        if delivery_id in silent or sent_at is None:
            continue
        opened = Visit(EventKind.OPENED, sent_at + timedelta(hours=hours, minutes=1), mailing_id, delivery_id)
        if kind < 0.12:
            yield from _machines(opened, numbers, dice)
        if 0.06 < kind < 0.5:
            yield from _people(opened, numbers, dice)


def _people(opened: Visit, numbers: list[int], dice: Random) -> Iterator[Visit]:
    agent, network = dice.choice(AGENTS), f"192.0.2.{dice.randrange(0, 255, 16)}/24"
    yield _also(opened, agent=agent, network=network)
    if numbers and dice.random() < 0.3:
        for link in dice.sample(numbers, k=1 + (dice.random() < 0.3 and len(numbers) > 1)):
            number = min(link, dice.choice(numbers))  # what stands first is followed most
            after = opened.at + timedelta(seconds=dice.randint(20, 300))
            yield _also(opened, kind=EventKind.CLICKED, at=after, link=number, agent=agent, network=network)


def _machines(opened: Visit, numbers: list[int], dice: Random) -> Iterator[Visit]:
    at = opened.at - timedelta(seconds=40)
    if dice.random() < 0.5:
        yield _also(opened, at=at, agent=PRIVACY, network="17.58.0.0/24")
        return
    for place, number in enumerate(numbers):
        yield _also(opened, kind=EventKind.CLICKED, at=at + timedelta(milliseconds=200 * place), link=number, agent=SCANNER)


def _also(visit: Visit, **changed: object) -> Visit:
    return Visit(**({name: getattr(visit, name) for name in Visit.__dataclass_fields__} | changed))
