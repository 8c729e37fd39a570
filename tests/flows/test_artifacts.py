"""What a run shows in Prefect: one bar that follows the database, its pages and tables, nothing that can stop it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from uuid import UUID

import pytest
from prefect import flow, task
from prefect.settings import PREFECT_API_URL, temporary_settings

from mailings.db import Database
from mailings.model import Recipient, Verdict
from mailings.settings import Settings, settings
from tasks import bar as bars
from tasks.artifacts import key_of, publish, publish_page, run_id
from tasks.bar import bar_of
from tasks.ending import leave
from tests.flows.published import PATIENCE, artifacts_of, bar_at, by_key
from tests.sending import world

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server", "configured")]

NOWHERE = {PREFECT_API_URL: "http://127.0.0.1:9/api"}


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run waits at its end for its bar's last move, however slow the machine is."""
    monkeypatch.setattr(bars, "ENDING", PATIENCE)


def served(db: Database, mailing_id: int, count: int, status: str = "sent", reason: str | None = None) -> None:
    """Of what is queued, `count` messages come to `status`."""
    with db.connection() as connection:
        ids = "SELECT id FROM delivery WHERE status = 'queued' ORDER BY id LIMIT ?"
        words = f"UPDATE delivery SET status = ?, reason = ?, claimed_at = 1795356000000 WHERE id IN ({ids}) AND mailing_id = ?"
        connection.exec_driver_sql(words, (status, reason, count, mailing_id))


@task
def sums_up(mailing: str) -> None:
    """The last step of a run."""
    leave(mailing)


@flow
def follows(db: Database, mailing_id: int) -> tuple[UUID, float]:
    """A run in which six of ten are served while it does one long thing; where the bar stood during that."""
    run = run_id()
    assert run
    with bar_of("høst-nytt"):
        served(db, mailing_id, 6)
        meanwhile = bar_at(run, 60.0)
        served(db, mailing_id, 4)
    sums_up("høst-nytt")
    return run, meanwhile


def test_the_bar_moves_by_itself(db: Database) -> None:
    """Within one step the bar tells what the database has; at the end it stands where the mailing does, and it is one."""
    run, meanwhile = follows(db, world.sending(db, recipients=10))
    assert meanwhile == 60.0
    bar = by_key(run)["host-nytt-progress"]
    assert (bar.data, str(bar.description).partition(";")[0]) == (100.0, "10 of 10")


@flow
def twice() -> UUID:
    """A run that is taken up again: suspended and resumed, or tried again after its process died."""
    for _ in range(2):
        with bar_of("høst-nytt"):
            pass
    found = run_id()
    assert found
    return found


def test_taken_up_again_it_is_one_bar(db: Database) -> None:
    """A run that began a bar in an earlier attempt goes on with that one."""
    world.sending(db, recipients=2)
    assert [artifact.type for artifact in artifacts_of(twice())] == ["progress"]


@flow
def sums() -> UUID:
    """A run that leaves its pages behind."""
    sums_up("høst-nytt")
    found = run_id()
    assert found
    return found


def troubled(db: Database, recipients: int, failing: int) -> int:
    """A mailing some of whose messages fail, with two people left out; its id."""
    mailing_id = world.sending(db, recipients=recipients)
    served(db, mailing_id, failing, "failed", "550 <åse-0000@fjord.test> finnes ikke")
    served(db, mailing_id, recipients, "sent")
    with db.writing() as session:
        world.add_recipients(session, mailing_id, 2, Verdict.NO_CONSENT, word="desiree")
    return mailing_id


def test_what_a_run_leaves_behind(db: Database) -> None:
    """A page with the figures, who was left out and why, who was not reached by name and with the reason, and the ways to the desk."""
    troubled(db, 3, 1)
    found = by_key(sums())
    assert set(found) == {f"host-nytt-{what}" for what in ("summary", "left-out", "not-reached", "links")}
    assert str(found["host-nytt-summary"].data).startswith("# høst\\-nytt is still being sent\\: 2 of 5 recipients have it")
    assert "data:image/svg+xml" in str(found["host-nytt-summary"].data)
    assert '"Left out because":"No consent","Recipients":"2"' in str(found["host-nytt-left-out"].data)
    row = str(json.loads(str(found["host-nytt-not-reached"].data)))
    for told in ("Åse Ødegård 0", "åse-0000@fjord.test", "Failed", "finnes ikke", "2026-11-22"):
        assert told in row
    assert str(found["host-nytt-links"].data).count("http://127.0.0.1:8600/desk/mailings/h%C3%B8st-nytt") == 4


@pytest.fixture
def unnamed(configured: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation whose runs name nobody."""
    monkeypatch.setenv("MAILINGS_RUNS_NAME_PEOPLE", "false")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("unnamed")
def test_nobody_is_named_where_nobody_is_to_be(db: Database) -> None:
    """With MAILINGS_RUNS_NAME_PEOPLE off a run's artifacts hold no name and no address: numbers, and the way to the desk."""
    mailing_id = troubled(db, 3, 1)
    found = by_key(sums())
    told = " ".join(str(artifact.data) + str(artifact.description) for artifact in found.values())
    assert not [word for word in ("Åse", "åse", "fjord.test", "finnes") if word in told]
    with db.reading() as session:
        number = min(row.id for row in session.query(Recipient).filter_by(mailing_id=mailing_id))
    assert f"/desk/mailings/h%C3%B8st-nytt/recipients/{number}" in str(found["host-nytt-not-reached"].data)


def test_not_more_than_two_hundred(db: Database) -> None:
    """Of many who were not reached two hundred stand in the table; the last row says how many more there are, and where."""
    troubled(db, 1234, 1234)
    told = str(by_key(sums())["host-nytt-not-reached"].data)
    assert told.count("finnes ikke") == 200
    assert "and 1,034 more" in told
    assert "recipients?show=other" in told


@flow
def loses_its_server(db: Database, mailing_id: int) -> str:
    """Shows its progress and its pages to a server that is not there."""
    with temporary_settings(NOWHERE):
        with bar_of("høst-nytt"):
            served(db, mailing_id, 1)
        leave("høst-nytt")
    return "went on"


def test_a_lost_server_stops_nothing(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    """A run whose server went away goes on without its bar and its pages, and says so once for each."""
    begun = time.monotonic()
    assert loses_its_server(db, world.sending(db, recipients=1)) == "went on"
    assert [
        record.message.partition(" (")[0] for record in caplog.records if "takes no" in record.message or "not take" in record.message
    ] == [
        "Prefect's server does not take the progress",
        "Prefect's server takes no artifacts of this run",
    ]
    assert time.monotonic() - begun < 60  # Prefect by itself would try for two minutes, each


def test_outside_a_run(db: Database) -> None:
    """Outside a flow run nothing is shown and nothing fails."""
    world.sending(db, recipients=1)
    with bar_of("høst-nytt"):
        publish_page("nowhere", "# Ingen")
        publish([])
        assert leave("høst-nytt")["name"] == "høst-nytt"


def test_keys() -> None:
    """An artifact is found by its mailing's name, whatever letters that has."""
    assert key_of("Høst-nytt 2026", "summary") == "host-nytt-2026-summary"
    assert key_of("Été à Århus: Straße", "links") == "ete-a-arhus-strasse-links"
    assert key_of("秋", "links") == "links"
