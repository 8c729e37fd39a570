"""Sends again: reloads a list from its sources, or makes a further attempt for chosen recipients, each following the one before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Select, Table, func, select, text
from sqlalchemy.orm import Session

from mailings import seams
from mailings.audience.reloading import admit, judged_again, reloaded
from mailings.audience.scratch import chosen_recipients, scratch
from mailings.errors import NotAllowed
from mailings.model import Delivery, Mailing, MailingStatus, MailingType, Verdict
from mailings.model.figure import stale
from mailings.planner import counted
from mailings.seams import Seam
from mailings.sending import lifecycle
from mailings.sending.approval.reload_limit import must_keep
from mailings.sending.choosing import Choice, choose, found_at, must_be_known, read_choice
from mailings.sending.closing import Ending
from mailings.sending.rechecking import hold_still
from mailings.settings import settings

REOPENED = (MailingStatus.SENT, MailingStatus.CANCELLED)
JOINED = (MailingStatus.SENDING, MailingStatus.PAUSED)

# each follows the recipient's latest attempt; the unique index on again_of lets no second one follow the same. Without the "+ 0"
# PostgreSQL walks the primary key backwards for each (3 ms each at 20,000)
AGAIN = (
    "INSERT INTO delivery (mailing_id, recipient_id, status, test, attempts, lane, again_of, submission_id)"
    " SELECT mailing_id, id, 'queued', FALSE, 0, {lane},"
    " (SELECT max(before.id + 0) FROM delivery before WHERE before.recipient_id = recipient.id AND NOT before.test),"
    " (SELECT before.submission_id FROM delivery before WHERE before.recipient_id = recipient.id AND NOT before.test"
    " ORDER BY before.id DESC LIMIT 1)"  # what answers a form answers it again
    " FROM recipient WHERE mailing_id = :mailing AND verdict = 'eligible' AND {who} ORDER BY id"
)
WANTED = "id IN (SELECT recipient_id FROM recipient_wanted)"
UNTRIED = "NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.recipient_id = recipient.id AND NOT delivery.test)"
#: of a reload: those named who are not served, and everybody new on the list
NAMED = f"({WANTED} OR {UNTRIED})"
NEWEST = "SELECT COALESCE(max(id), 0) FROM delivery"
QUEUED = "SELECT count(*), count(again_of) FROM delivery WHERE mailing_id = :mailing AND id > :newest AND NOT test"


@dataclass(frozen=True, slots=True)
class Again:
    """What a resend came to: how many were queued, `again` of them not for the first time; who of the chosen was left out, by verdict."""

    mailing: str
    status: MailingStatus
    queued: int = 0
    again: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    repeated: bool = field(default=False, compare=False)  # what a run came to that is begun again: nobody was queued now

    @property
    def to_be_sent(self) -> bool:
        """True when a run should follow."""
        return self.queued > 0 and self.status is MailingStatus.SENDING

    def ending(self, *more: str, status: MailingStatus | None = None) -> Resent:
        """What a run came to that did this, and then what `more` says."""
        return Resent(self.mailing, status or self.status, " ".join([self.sentence, *more]), queued=self.queued)

    @property
    def sentence(self) -> str:
        """For people: what is sent again, who is left out and why, what to do next."""
        if self.queued:
            new = self.queued - self.again
            told = ", ".join(f"{n} {words}" for n, words in ((self.again, "once more"), (new, "for the first time")) if n)
            what = f"{self.mailing}: {self.queued} to be sent, {told}."
        else:
            what = f"{self.mailing}: nobody is to be sent to again."
        if self.left_out:
            why = ", ".join(f"{n} {verdict.replace('_', ' ')}" for verdict, n in sorted(self.left_out.items(), key=lambda pair: -pair[1]))
            what += f" Left out: {why}."
        if self.queued and self.status is MailingStatus.PAUSED:
            what += f" It is paused; let it go on with: mailings resume {self.mailing}, then mailings send {self.mailing}"
        elif self.queued and self.status in REOPENED:  # by the same run, before; what it queued is over
            what += f" {self.mailing} is {self.status}."
        return what


@dataclass(frozen=True, slots=True)
class Resent(Ending):
    """How a run left a mailing that was sent again; `queued` = how many it was for."""

    queued: int = 0


def resend(session: Session, mailing: Mailing, *, reload: bool, only: str = "", ticked: Select[int] | None = None) -> Again:
    """Queue a message for those who have not received it (`reload`), or one more for those whom `only` names (domain.md G.6, C.11, D10).

    `ticked` = a select of recipients' ids instead of words, as the desk's list chooses them, whatever became of their messages.
    The mailing is locked by the caller; it is reopened only if somebody is queued. Two at once are one: the second finds them queued.
    Raises NotAllowed and NotFound; then nothing was changed.
    """
    choice = asked(mailing, reload=reload, only=only, ticked=ticked)
    hold_still(session)
    lifecycle.stay_cancelled(session, mailing)
    left_out: dict[str, int] = {}
    if choice is None:
        with reloaded(session, mailing):
            queued, again = _queue(session, mailing, NAMED)
    else:
        with _chosen(session, mailing, choice) as (wanted, left_out):
            admit(session, wanted)
            queued, again = _queue(session, mailing, WANTED)
    must_keep(session, mailing, queued - again, settings())
    if queued and mailing.status in REOPENED:
        mailing.move("reopen")
        mailing.finished_at = None
        session.flush()
    return Again(mailing.name, mailing.status, queued, again, left_out)


def foreseen(session: Session, mailing: Mailing, ticked: Select[int]) -> Again:
    """What a resend to these recipients would come to now; nothing is changed. Raises NotAllowed as `resend` does."""
    choice = asked(mailing, reload=False, only="", ticked=ticked)
    assert choice is not None  # only a reload has none
    with _chosen(session, mailing, choice) as (wanted, left_out):
        may = wanted.c.verdict == Verdict.ELIGIBLE
        before = select(Delivery.id).where(Delivery.recipient_id == wanted.c.recipient_id, ~Delivery.test).exists()
        queued, again = (session.scalar(select(func.count()).select_from(wanted).where(*rule)) or 0 for rule in ((may,), (may, before)))
    return Again(mailing.name, mailing.status, queued, again, left_out)


def has_gone(mailing: Mailing) -> bool:
    """It was sent, or is under way: some of its people can be sent to again."""
    return mailing.status in (*REOPENED, *JOINED) and mailing.started_at is not None


def asked(mailing: Mailing, *, reload: bool, only: str, ticked: Select[int] | None = None) -> Choice | None:
    """Whom a resend of the mailing means, None = its sources anew. Raises NotAllowed and NotFound for what cannot be."""
    if [reload, bool(only.strip()), ticked is not None].count(True) != 1:
        raise NotAllowed("Say either reload, for all who have not received it, or only, for whom to send to again; one of them.")
    if reload and mailing.type is MailingType.FORM_RESPONSE:
        raise NotAllowed(f"{mailing.name} has no sources to make a list from: it goes to whoever asks for it.")
    choice = None if reload else read_choice(only) if ticked is None else Choice((), {}, ticked=ticked)
    if choice is not None:
        must_be_known(mailing, choice)
    if mailing.status not in (*REOPENED, *JOINED):
        raise NotAllowed(
            f"{mailing.name} is {mailing.status}: nobody has got it, so nothing can be sent again; mailings send {mailing.name}"
        )
    if mailing.started_at is None:  # it was never checked, let alone sent
        raise NotAllowed(f"{mailing.name} was {mailing.status} before anybody got it; send its like with: mailings copy {mailing.name} NEW")
    return choice


def must_be_possible(session: Session, mailing: Mailing, *, reload: bool, only: str) -> None:
    """Raises what `resend` would: for a door that takes a while to open."""
    if choice := asked(mailing, reload=reload, only=only):
        found_at(session, mailing, choice.addresses)


@contextmanager
def _chosen(session: Session, mailing: Mailing, choice: Choice) -> Iterator[tuple[Table, dict[str, int]]]:
    """The chosen as they are judged today, and how many of them are left out, by verdict."""
    with scratch(session, chosen_recipients()) as chosen:
        choose(session, mailing, choice, chosen)
        counted(session, chosen)
        with judged_again(session, mailing, chosen) as wanted:
            yield wanted, _left_out(session, chosen, wanted)


def _left_out(session: Session, chosen: Table, wanted: Table) -> dict[str, int]:
    rows = select(wanted.c.verdict, func.count().label("n")).where(wanted.c.verdict != Verdict.ELIGIBLE).group_by(wanted.c.verdict)
    found: dict[str, int] = {row.verdict: row.n for row in session.execute(rows)}
    judged = select(wanted.c.recipient_id)
    erased = session.scalar(select(func.count()).select_from(chosen).where(chosen.c.recipient_id.not_in(judged))) or 0
    return found | ({Verdict.ERASED.value: erased} if erased else {})


def _queue(session: Session, mailing: Mailing, who: str) -> tuple[int, int]:
    """How many were queued, and how many of them not for the first time."""
    newest = session.execute(text(NEWEST)).scalar_one()
    seams.before(Seam.QUEUE)
    session.execute(text(AGAIN.format(lane=lifecycle.lane(session), who=who)), {"mailing": mailing.id})
    stale(session, [mailing.id])  # another message of theirs is the latest
    seams.after(Seam.QUEUE)
    queued, again = session.execute(text(QUEUED), {"mailing": mailing.id, "newest": newest}).one()
    return int(queued), int(again)
