"""A recurring mailing: one copy for each day, scheduled as it is made, and never a second one."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from mailings.audience.copies import delete_mailing
from mailings.audience.drafts import push
from mailings.audience.recurring import Occasion, Recurred, recur
from mailings.audience.sources import sources_of
from mailings.clock import standing_at
from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.model import Mailing, MailingFile, MailingStatus, MailingType
from mailings.sending.due import COPIED, due
from mailings.sending.finding import mailing_named
from tests.audience.whole import known, whole_folder
from tests.sending import world

SATURDAY = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)  # 08:00 in Oslo
NAME = "høst-nytt"


def on(moment: datetime = SATURDAY, **more: object) -> Occasion:
    """The occasion of a schedule in UTC."""
    return Occasion(moment.date(), moment, **more)  # type: ignore[arg-type]


def run(db: Database, occasion: Occasion, at: datetime = SATURDAY, name: str = NAME) -> Recurred:
    """What a run does that begins at `at`, in one transaction."""
    with standing_at(at), db.writing() as session:
        return recur(session, mailing_named(session, name, locked=True), occasion)


def copies(db: Database) -> dict[str, str]:
    """Every copy by name, with its status."""
    with db.reading() as session:
        rows = session.execute(select(Mailing.name, Mailing.status).where(Mailing.occasion.is_not(None)).order_by(Mailing.id))
        return {name: status.value for name, status in rows}


def stands(db: Database, name: str, status: MailingStatus, **facts: object) -> None:
    """Put a mailing where a person or a run left it."""
    with db.writing() as session:
        found = mailing_named(session, name)
        for fact, value in {"status": status, **facts}.items():
            setattr(found, fact, value)


@pytest.fixture
def template(any_db: Database) -> Database:
    """A database with a template to three people."""
    world.mailing(any_db, NAME, 3, template=True)
    return any_db


def test_the_copy_is_made_and_due(template: Database) -> None:
    """The copy bears the day's date, is scheduled for the occasion's moment, and is due soon, should nobody live to send it."""
    made = run(template, on(), SATURDAY + timedelta(minutes=3))
    assert (made.mailing, made.status, made.to_be_sent) == ("høst-nytt-2026-11-21", MailingStatus.SCHEDULED, True)
    with template.reading() as session, standing_at(SATURDAY + timedelta(minutes=3)):
        copy, original = mailing_named(session, made.mailing), mailing_named(session, NAME)
        assert (copy.recurs_from, copy.occasion, copy.template, copy.scheduled_at) == (original.id, "2026-11-21", False, SATURDAY)
        assert (original.status, original.template, original.occasion) == (MailingStatus.DRAFT, True, None)
        assert due(session) == []  # the run that made it goes first
        with standing_at(SATURDAY + timedelta(minutes=3) + COPIED):
            assert [one.name for one in due(session)] == [made.mailing]


def test_what_a_copy_holds(any_db: Database, tmp_path: Path) -> None:
    """Content, files and sources come along; its list is not made yet, whatever the template's options say."""
    with any_db.writing() as session:
        known(session)
        push(session, whole_folder(tmp_path))
    made = run(any_db, on(), name="høst-2026")
    with any_db.reading() as session:
        copy, original = mailing_named(session, made.mailing), mailing_named(session, "høst-2026")
        assert (copy.html, copy.approval, copy.populated_at) == (original.html, {"above": 5000}, None)
        assert [one.label for one in sources_of(session, copy)] == [one.label for one in sources_of(session, original)]
        assert len(session.scalars(select(MailingFile).where(MailingFile.mailing_id == copy.id)).all()) == 2


def test_a_day_comes_once(template: Database) -> None:
    """A second run of the same day makes nothing; the next day has a copy of its own."""
    run(template, on())
    again = run(template, on(), SATURDAY + timedelta(minutes=1))
    assert (again.mailing, again.to_be_sent) == ("høst-nytt-2026-11-21", True)  # nobody has sent it yet: whoever finds it goes on
    stands(template, "høst-nytt-2026-11-21", MailingStatus.SENT)
    done = run(template, on(), SATURDAY + timedelta(days=9))
    assert (done.to_be_sent, done.sentence) == (False, "høst-nytt-2026-11-21 is sent already; nothing is left to do.")
    run(template, on(SATURDAY + timedelta(days=1)), SATURDAY + timedelta(days=1))
    assert copies(template) == {"høst-nytt-2026-11-21": "sent", "høst-nytt-2026-11-22": "scheduled"}


def test_two_at_once(template: Database) -> None:
    """Eight runs of one day that begin in the same moment make one copy, and all of them name it."""
    found: list[Recurred] = []
    together = threading.Barrier(8)

    def begin() -> None:
        together.wait(30)
        with template.writing() as session:
            found.append(recur(session, mailing_named(session, NAME, locked=True), on(may_be_late=timedelta(days=9999))))

    runs = [threading.Thread(target=begin) for _ in range(8)]
    for one in runs:
        one.start()
    for one in runs:
        one.join(60)
    assert [one.mailing for one in found] == ["høst-nytt-2026-11-21"] * 8
    assert [one.sentence.endswith("already.") for one in found].count(False) == 1
    assert copies(template) == {"høst-nytt-2026-11-21": "scheduled"}


def test_the_database_holds_it(template: Database) -> None:
    """Two mailings for the same day of a template cannot be in the database, whatever a program does."""
    run(template, on())
    with template.reading() as session:
        original = mailing_named(session, NAME).id
    with pytest.raises(IntegrityError), template.writing() as session:
        session.add(Mailing(name="en annen", type=MailingType.EMAIL, created_at=SATURDAY, recurs_from=original, occasion="2026-11-21"))


def test_too_late(template: Database) -> None:
    """After an outage a day that is further back than may be is not sent: nothing is made, and the sentence says how to do it yet."""
    assert run(template, on(), SATURDAY + timedelta(hours=12)).to_be_sent
    sunday = SATURDAY + timedelta(days=1)
    late = run(template, on(sunday), sunday + timedelta(hours=12, seconds=1))
    assert (late.mailing, late.status, late.to_be_sent) == ("", None, False)
    assert late.sentence == (
        "høst-nytt is not sent for 2026-11-22: its time was 2026-11-22 07:00 UTC, more than 12 hours ago."
        " To send it after all, run it with that date."
    )
    assert list(copies(template)) == ["høst-nytt-2026-11-21"]
    chosen = run(template, on(sunday, chosen=True), sunday + timedelta(days=3))
    assert (chosen.mailing, chosen.to_be_sent) == ("høst-nytt-2026-11-22", True)


def test_overtaken(template: Database) -> None:
    """A day is not sent after a later one: not after one that is made, nor beside one whose time has come as well."""
    beside = run(template, on(overtaken=date(2026, 11, 22)))
    assert beside.sentence.startswith("høst-nytt is not sent for 2026-11-21: 2026-11-22 has come meanwhile.")
    run(template, on(SATURDAY + timedelta(hours=6, days=1)), SATURDAY + timedelta(hours=6, days=1))
    after = run(template, on(may_be_late=timedelta(days=9)), SATURDAY + timedelta(days=1))
    assert (after.mailing, after.to_be_sent) == ("", False)
    assert list(copies(template)) == ["høst-nytt-2026-11-22"]


@pytest.mark.parametrize(
    ("status", "facts", "sentence"),
    [
        (MailingStatus.DRAFT, {}, "is a draft, refused or taken back"),
        (MailingStatus.PAUSED, {"held_reason": "awaiting approval"}, "is paused (awaiting approval); let it go on"),
        (MailingStatus.CANCELLED, {}, "was cancelled; nothing is sent."),
        (MailingStatus.SCHEDULED, {"scheduled_at": SATURDAY + timedelta(days=1)}, "is scheduled for 2026-11-22 07:00 UTC"),
    ],
    ids=str,
)
def test_what_a_person_decided_stays(template: Database, status: MailingStatus, facts: dict[str, object], sentence: str) -> None:
    """A copy that somebody stopped, put off or took back is left as it is, and the run says where it stands."""
    run(template, on())
    stands(template, "høst-nytt-2026-11-21", status, **facts)
    again = run(template, on())
    assert not again.to_be_sent
    assert sentence in again.sentence
    assert copies(template) == {"høst-nytt-2026-11-21": status.value}


def test_a_draft_that_is_deleted_may_be_made_anew(template: Database) -> None:
    """Refused and deleted, the day is free: the template is mended and the same run makes its copy once more."""
    run(template, on())
    stands(template, "høst-nytt-2026-11-21", MailingStatus.DRAFT)
    with template.writing() as session:
        delete_mailing(session, mailing_named(session, "høst-nytt-2026-11-21"))
    assert run(template, on()).to_be_sent


def test_what_cannot_recur(template: Database) -> None:
    """A mailing that is no template, a form response, a cancelled template, and a name that is taken are refused in one sentence."""
    world.mailing(template, "engang")
    with pytest.raises(NotAllowed, match="engang is no template"):
        run(template, on(), name="engang")
    world.mailing(template, "høst-nytt-2026-11-21")
    with pytest.raises(NotAllowed, match="høst-nytt-2026-11-21 is another mailing's name already"):
        run(template, on())
    stands(template, NAME, MailingStatus.DRAFT, type=MailingType.FORM_RESPONSE)
    with pytest.raises(NotAllowed, match="is a form response"):
        run(template, on())
    stands(template, NAME, MailingStatus.CANCELLED, type=MailingType.EMAIL)
    with pytest.raises(NotAllowed, match="is cancelled"):
        run(template, on())
    assert copies(template) == {}
