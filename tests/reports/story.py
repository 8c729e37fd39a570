"""What happens to a mailing that was sent, one thing after another, and what kept figures and rows say of it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from mailings import clock
from mailings.channels.email.identity import mark_of
from mailings.model import Delivery, DeliveryStatus, Mailing, MailingStatus, Person, Recipient, RegisteredLink, TrackedLink
from mailings.people.erasing import erase
from mailings.reported import Report
from mailings.reports.anew import Figures, click_parts, counted, walk_parts
from mailings.reports.counting_anew import count_anew
from mailings.reports.kept import figures_of
from mailings.sending.closing import close
from mailings.sending.resending import resend
from mailings.settings import Settings
from mailings.tracking import tally
from mailings.tracking.absorb import absorb
from mailings.tracking.clicks import CLICKED
from mailings.tracking.leaving import PAGE, leave
from mailings.tracking.readers import reader_of
from mailings.tracking.recording import record_visits
from mailings.tracking.registered import reset_in_mailing, reset_registered
from mailings.tracking.rereading import reread
from mailings.tracking.retention import delete_events
from tests.sending.world import START
from tests.tracking.told import K
from tests.tracking.visiting import click, visit

WHO = ("ase@fjord.test", "desiree@ijssel.test", "jorgen@fjord.test", "bare@blabar.test")
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "Mozilla/5.0",  # Apple's proxy when it opens; anybody when it clicks
    "Mimecast link scanner",
)


def says(session: Session, mailing_id: int) -> Figures:
    """What a look says."""
    return Counter({key: n for key, n in figures_of(session, session.get_one(Mailing, mailing_id)).items() if n})


def rows_say(session: Session, mailing_id: int) -> Figures:
    """What the rows say."""
    session.flush()
    parts = [*walk_parts(session.get_bind().dialect.name), *click_parts()]
    return Counter({key: n for key, n in counted(session, mailing_id, parts).items() if n})


def nameless(figures: Figures) -> Figures:
    """The figures with all domains together."""
    found: Figures = Counter()
    for (what, key), n in figures.items():
        found[what, "" if what.startswith("domain") else key] += n
    return found


class Story:
    """What happens to one mailing, one thing after another, in one transaction."""

    def __init__(self, session: Session, mailing_id: int, recipients: list[int]) -> None:
        self.session, self.mailing_id, self.recipients = session, mailing_id, recipients
        self.number = 0
        self.start = START  #: of the minutes in which things happen
        self.clicked: set[tuple[int, str]] = set()  #: who was ever known to have clicked which link since it was reset

    def tell(self, one: dict[str, Any]) -> None:
        """Let it happen."""
        self.number += 1
        with clock.standing_at(self.start + timedelta(hours=1)):
            getattr(self, "_" + one["what"].replace(" ", "_"))(one)
            self.session.flush()
        self.clicked |= {(recipient, link) for recipient, link in self._clickers() if recipient in self.recipients}

    def _clickers(self) -> list[tuple[int, str]]:
        """Who clicked what, as far as the clicks are there."""
        recipients = ", ".join(map(str, self.recipients))
        return [(row[0], row[1]) for row in self.session.execute(text(CLICKED.replace("{listed}", f"IN ({recipients})")))]

    @property
    def mailing(self) -> Mailing:
        """The mailing as it stands."""
        return self.session.get_one(Mailing, self.mailing_id)

    def message(self, one: dict[str, Any]) -> Delivery:
        """One of the messages to whom this happens."""
        theirs = select(Delivery).where(Delivery.recipient_id == self.recipients[one["who"]]).order_by(Delivery.id)
        found = self.session.scalars(theirs).all()
        return found[min(one["turn"], len(found) - 1)]

    def _visit(self, one: dict[str, Any]) -> None:
        at, agent, number = self.start + timedelta(minutes=one["minute"]), AGENTS[one["agent"]], self.message(one).id
        visits = [
            click(number, link, at + timedelta(seconds=n), agent=agent, url="https://fjord.test/bare")
            for n, link in enumerate(one["links"])
        ]
        record_visits(self.session, visits or [visit(number, at=at, agent=agent)], Settings())

    def _report(self, one: dict[str, Any]) -> None:
        bounce = one["bounce"] if one["kind"] is K.BOUNCED else None
        at, mark = self.start + timedelta(minutes=one["minute"]), mark_of(self.mailing)
        told = Report(one["kind"], at, self.message(one).id, mark, f"{self.number}", {}, address=WHO[one["who"]], bounce=bounce)
        absorb(self.session, [told], "sendgrid", Settings(bounce_threshold=100))
        self.session.expire_all()

    def _leave(self, one: dict[str, Any]) -> None:
        if self.session.get_one(Recipient, self.recipients[one["who"]]).erased_at is None:
            leave(self.session, reader_of(self.session, self.message(one).id), PAGE)

    def _erase(self, one: dict[str, Any]) -> None:
        person = self.session.scalar(select(Person.id).join(Recipient).where(Recipient.id == self.recipients[one["who"]]))
        before = says(self.session, self.mailing_id)
        if person is not None:
            erase(self.session, person)
        if self.mailing.status is MailingStatus.SENT:  # D30
            after, others = says(self.session, self.mailing_id), self.session.scalars(select(Recipient.address)).all()
            if any(address and address.endswith(WHO[one["who"]].partition("@")[2]) for address in others):
                assert after == before
            assert nameless(after) == nameless(before)

    def _resend(self, one: dict[str, Any]) -> None:
        if self.session.get_one(Recipient, self.recipients[one["who"]]).address is not None:
            resend(self.session, self.mailing, reload=False, only=WHO[one["who"]])

    def _finish(self, one: dict[str, Any]) -> None:
        queued = update(Delivery).where(Delivery.mailing_id == self.mailing_id, Delivery.status == DeliveryStatus.QUEUED)
        self.session.execute(queued.values(status=DeliveryStatus.SENT, sent_at=self.start + timedelta(minutes=one["minute"])))
        close(self.session, self.mailing)

    def _reset(self, one: dict[str, Any]) -> None:
        with clock.standing_at(self._reset_time(one)):
            reset_in_mailing(self.session, self.session.scalars(select(TrackedLink).where(TrackedLink.number == 1 + one["turn"])).one())
        self.clicked = {(recipient, link) for recipient, link in self.clicked if link != str(1 + one["turn"])}

    def _reset_all(self, one: dict[str, Any]) -> None:
        with clock.standing_at(self._reset_time(one)):
            reset_registered(self.session, self.session.scalars(select(RegisteredLink)).one())
        self.clicked = {(recipient, link) for recipient, link in self.clicked if link != "3"}

    def _reset_time(self, one: dict[str, Any]) -> datetime:
        """Any minute, while what came before it can be told from what came after."""
        return self.start + (timedelta(minutes=one["minute"]) if self.mailing.events_deleted_at is None else timedelta(hours=1))

    def _retain(self, _one: dict[str, Any]) -> None:
        """Six weeks go by, and events that are two months old are deleted."""
        self.start += timedelta(days=45)
        with clock.standing_at(self.start):
            delete_events(self.session, 60, count_anew)
        self.session.expire_all()

    def _reread(self, one: dict[str, Any]) -> None:
        self.message(one).sent_at = self.start + timedelta(minutes=one["minute"])  # as became known: what came before it was a machine's
        self.session.flush()
        reread(self.session, self.mailing_id)

    def _count(self, _one: dict[str, Any]) -> None:
        count_anew(self.session, self.mailing_id)

    def _fold(self, _one: dict[str, Any]) -> None:
        tally.fold(self.session, self.mailing_id)
