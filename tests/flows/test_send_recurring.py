"""The flow as a schedule starts it, as a person does, after an outage, and again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.schemas.schedules import CronSchedule
from prefect.states import AwaitingRetry, Crashed

from flows.send_mailing import send_mailing
from flows.send_recurring import send_recurring
from mailings import clock
from mailings.audience.recurring import Occasion as Day
from mailings.audience.recurring import recur
from mailings.db import Database
from mailings.errors import NotAllowed, NotFound, Unreadable
from mailings.model import ImportedRow, MailingStatus, Source
from mailings.sending.due import COPIED, due
from mailings.sending.finding import mailing_named
from mailings.transports.memory import Memory
from tasks.parameters import Occasion
from tests.flows.scheduled import carried_out, deployed, occasion
from tests.flows.test_send_mailing import draft

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

OSLO = "Europe/Oslo"
HALF_PAST_MIDNIGHT = CronSchedule(cron="30 0 * * *", timezone=OSLO)  # 22:30 or 23:30 UTC of the day before
FRIDAY = datetime(2025, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def letters(kept: Memory) -> list[str]:
    """Where messages went, in order."""
    return [one.address.partition("@")[0] for one in kept.kept]


def status(db: Database, name: str) -> MailingStatus:
    """Where the mailing stands."""
    with db.reading() as session:
        return mailing_named(session, name).status


def copied(db: Database, name: str, day: Day) -> str:
    """The copy that a run made before it died."""
    with db.writing() as session:
        return recur(session, mailing_named(session, name, locked=True), day).mailing


def test_a_schedule_sends_it(db: Database, memory: Memory) -> None:
    """Two nights in Oslo are two mailings under Oslo's dates, each sent to the list as it is by then; the template stays a draft."""
    template = draft(db, "natt-nytt", 2, template=True)
    with deployed(HALF_PAST_MIDNIGHT, mailing="natt-nytt") as one:
        first, second = one.runs(FRIDAY, FRIDAY + 48 * HOUR)
        assert carried_out(first).sentence == "natt-nytt-2025-11-22 is sent."
        with db.writing() as session:
            source = session.query(Source).filter_by(mailing_id=template).one()
            session.add(ImportedRow(source_id=source.id, row=3, name="Désirée van der IJssel", normal="desiree@noord.test"))
        assert carried_out(second).mailing == "natt-nytt-2025-11-23"
    assert letters(memory) == ["ase1", "ase2", "ase1", "ase2", "desiree"]
    assert status(db, "natt-nytt") is MailingStatus.DRAFT


def test_retry_in_the_ui(db: Database, memory: Memory) -> None:
    """Retry, days later: the run keeps its day, finds it sent, and nobody gets it twice."""
    draft(db, "igjen", 2, template=True)
    with deployed(HALF_PAST_MIDNIGHT, mailing="igjen") as one:
        (run,) = one.runs(FRIDAY, FRIDAY + 24 * HOUR)
        assert carried_out(run).mailing == "igjen-2025-11-22"
        one.client.set_flow_run_state(run.id, AwaitingRetry(), force=True)
        again = carried_out(run, FRIDAY + 96 * HOUR)
        assert one.client.read_flow_run(run.id).state_name == "Completed"
    assert again.sentence == "igjen-2025-11-22 is sent already; nothing is left to do."
    assert letters(memory) == ["ase1", "ase2"]


def test_killed_in_between(db: Database, memory: Memory) -> None:
    """A run that dies between copy and sending: the copy is due, whoever looks for due mailings sends it; a retry finds it sent."""
    draft(db, "avbrutt", 2, template=True)
    with deployed(HALF_PAST_MIDNIGHT, mailing="avbrutt") as one:
        (run,) = one.runs(FRIDAY, FRIDAY + 24 * HOUR)
        with clock.standing_at(FRIDAY + 12 * HOUR):
            made = copied(db, "avbrutt", occasion(one, run))
            with db.reading() as session, clock.standing_at(FRIDAY + 12 * HOUR + COPIED):
                assert [found.name for found in due(session)] == [made]
            assert send_mailing(made).status is MailingStatus.SENT
        one.client.set_flow_run_state(run.id, Crashed(), force=True)
        one.client.set_flow_run_state(run.id, AwaitingRetry(), force=True)
        assert "is sent already" in carried_out(run, FRIDAY + 13 * HOUR).sentence
    assert letters(memory) == ["ase1", "ase2"]


def test_killed_while_sending(db: Database, memory: Memory) -> None:
    """A run that finds the day's copy made and not sent goes on with it, however late it is by then."""
    draft(db, "videre", 2, template=True)
    with deployed(HALF_PAST_MIDNIGHT, mailing="videre") as one:
        (run,) = one.runs(FRIDAY, FRIDAY + 24 * HOUR)
        with clock.standing_at(FRIDAY + 12 * HOUR):
            copied(db, "videre", occasion(one, run))
        assert carried_out(run, FRIDAY + 99 * HOUR).sentence == "videre-2025-11-22 is sent."
    assert letters(memory) == ["ase1", "ase2"]


def test_after_an_outage(db: Database, memory: Memory) -> None:
    """Three nights were missed and their runs begin with the fourth: only that one is sent; the others say why, and complete."""
    draft(db, "etterpå", 1, template=True)
    back = FRIDAY + 84 * HOUR  # half an hour after the fourth midnight
    with deployed(HALF_PAST_MIDNIGHT, mailing="etterpå") as one:
        runs = one.runs(FRIDAY, back)
        told = [carried_out(run, back).sentence for run in runs]
        assert [one.client.read_flow_run(run.id).state_name for run in runs] == ["Completed"] * 4
    assert ["more than 12 hours ago" in sentence for sentence in told] == [True, True, True, False]
    assert told[3] == "etterpå-2025-11-25 is sent."
    assert letters(memory) == ["ase1"]


def test_overtaken(db: Database, memory: Memory) -> None:
    """However late it may be, a night is not sent beside a later one that is due: nobody gets two newsletters in one minute."""
    draft(db, "innhentet", 1, template=True)
    back = FRIDAY + 36 * HOUR
    with deployed(HALF_PAST_MIDNIGHT, mailing="innhentet", occasion={"hours_late": 500}) as one:
        runs = one.runs(FRIDAY, back)
        told = [carried_out(run, back).sentence for run in runs]
    assert told[0].startswith("innhentet is not sent for 2025-11-22: 2025-11-23 has come meanwhile.")
    assert told[1] == "innhentet-2025-11-23 is sent."
    assert letters(memory) == ["ase1"]


def test_by_hand(db: Database, memory: Memory) -> None:
    """Somebody who names a day has it sent, however long ago it is; once."""
    draft(db, "for-hånd", 1, template=True)
    with deployed(mailing="for-hånd") as one:
        asked = {"date": "2025-11-20"}
        assert carried_out(one.run(FRIDAY, occasion=asked)).sentence == "for-hånd-2025-11-20 is sent."
        assert "is sent already" in carried_out(one.run(FRIDAY, occasion=asked)).sentence
    assert letters(memory) == ["ase1"]


def test_without_a_deployment(db: Database, memory: Memory) -> None:
    """Run from a program, it is for today."""
    draft(db, "i-dag", 1, template=True)
    begun = datetime.now(UTC).date()
    assert send_recurring("i-dag").mailing in {f"i-dag-{begun}", f"i-dag-{datetime.now(UTC).date()}"}


@pytest.mark.parametrize(
    ("asked", "error", "sentence"),
    [
        (Occasion(date="2025-02-30"), Unreadable, "'2025-02-30' is no day; write it like 2026-11-21."),
        (Occasion(date="2999-01-01"), NotAllowed, "2999-01-01 has not come in UTC; let the run start then, and leave the date empty."),
        (Occasion(zone="Europe/Åsgård"), Unreadable, "'Europe/Åsgård' is no time zone; write one like Europe/Oslo."),
    ],
    ids=["no day", "not yet", "no zone"],
)
def test_no_day(asked: Occasion, error: type[Exception], sentence: str, db: Database, memory: Memory) -> None:
    """A day or a zone that is none fails the run in one sentence, and nothing is made."""
    draft(db, "feil", 1, template=True)
    with pytest.raises(error) as raised:
        send_recurring("feil", asked)
    assert str(raised.value) == sentence
    with db.reading() as session:
        assert due(session) == []


def test_what_cannot_recur(db: Database, memory: Memory) -> None:
    """A mailing that is no template, and a name nobody knows, fail the run in one sentence; nobody gets anything."""
    draft(db, "engang", 1)
    draft(db, "ukenytt", 1, template=True)
    with pytest.raises(NotAllowed, match="engang is no template"):
        send_recurring("engang")
    with pytest.raises(NotFound, match="did you mean ukenytt"):
        send_recurring("ukenyt")
    assert letters(memory) == []


def test_a_template_is_never_sent_itself(db: Database, memory: Memory) -> None:
    """A template given to send-mailing stays a draft, with the reason, and nobody gets anything."""
    draft(db, "mal", 1, template=True)
    with pytest.raises(NotAllowed, match="mal is a template: it is only copied"):
        send_mailing("mal")
    assert status(db, "mal") is MailingStatus.DRAFT
    assert letters(memory) == []
