"""Who did what at the terminal: one line in the log of changes for each change, none for what changed nothing, and nobody named in any."""

from __future__ import annotations

import getpass
import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from mailings.db import Database
from mailings.sending import lifecycle
from mailings.sending.finding import mailing_named
from mailings.staff.log import Asked, every_line
from mailings.staff.log import Line as Kept
from tests.cli.logged import CHAINS, NOBODY, PEOPLE, SALES, Line
from tests.cli.test_content import HTML, MAILING
from tests.cli.typed import type_in
from tests.forms.sent import folder_of
from tests.sending import asking, world
from tests.sending.doubting import in_doubt
from tests.tracking.visiting import click, record, sent_mailing
from tests.tracking.visiting import visit as opened

ME = f"cli {getpass.getuser()}"
FIELDS = "- {kind: name}\n- {kind: email, mandatory: true}"
PREPARED = (
    "init",
    "people import folk.csv --consent consent --selection Lesere",
    "push høst-nytt",
)


@dataclass(frozen=True)
class Typed:
    """A command that was typed, what it should leave in the log, and what it left."""

    words: str
    due: Line | None
    said: str
    left: list[Kept]


#: what asks of one chain runs in one worker, for its commands are typed once in each
GROUPED = [pytest.param(name, marks=pytest.mark.xdist_group(f"log {name}")) for name in CHAINS]


@pytest.fixture(scope="module", params=GROUPED)
def typed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Typed]:
    """Commands one after the other, in an installation of two people and a mailing."""
    folder = tmp_path_factory.mktemp("installation")
    _written(folder)
    prepared = [_typed(folder, words) for words in PREPARED]
    assert all(prepared), prepared
    database = Database(f"sqlite:///{folder}/var/mailings.db")
    done = [_step(folder, database, *step) for step in CHAINS[request.param]]
    database.engine.dispose()
    return done


def _written(folder: Path) -> None:
    (folder / "folk.csv").write_text(PEOPLE, encoding="utf-8")
    (folder / "salg.csv").write_text(SALES, encoding="utf-8")
    folder_of(folder / "skjema", FIELDS)
    (folder / "høst-nytt").mkdir()
    (folder / "høst-nytt" / "mailing.yaml").write_text(MAILING.format(name="høst-nytt").replace("images: {logo: logo.png}\n", ""))
    (folder / "høst-nytt" / "body.html").write_text(HTML.replace('<img src="cid:logo" alt="Fjørd">', ""))


def _typed(folder: Path, words: str) -> str:
    done = type_in(folder, *shlex.split(words), MAILINGS_SYSTEM_FROM="Fjørd <nyheter@fjord.test>")
    return done.stdout + done.stderr


def _step(folder: Path, database: Database, words: str, due: Line | None) -> Typed:
    before = len(_log(database))
    said = _typed(folder, words)
    return Typed(words, due, said, _log(database)[before:])


def _log(database: Database) -> list[Kept]:
    """Every line, the oldest first."""
    with database.reading() as session:
        return list(every_line(session, Asked()))[::-1]


def _told(kept: Kept, due: Line | None) -> Line:
    """As a line is written in the table: what is not compared left out."""
    loose = {key for key, value in (due[2] if due else {}).items() if value is ...}
    return kept.what, kept.subject, {key: ... if key in loose and value is not None else value for key, value in kept.details.items()}


def test_each_change_has_its_line(typed: list[Typed]) -> None:
    """Who, what, of what and what it came to, in the desk's words; a look, a refusal and what is so already leave none."""
    for one in typed:
        assert [_told(kept, one.due) for kept in one.left] == ([one.due] if one.due else []), (one.words, one.said)
        assert {kept.by for kept in one.left} <= {ME}, one.words


def test_nobody_is_named(typed: list[Typed]) -> None:
    """No line holds a name, an address or a file's name that was typed or affected: the log outlives them."""
    kept = json.dumps([line.document() | {"by": ""} for one in typed for line in one.left], ensure_ascii=False)
    assert [word for word in NOBODY if word in kept] == []


def asked(db: Database) -> None:
    """Somebody is asked whether it may go to three."""
    asking.ready(db, 3)
    asking.ask(db)


def paused(db: Database) -> None:
    """It was being sent."""
    world.sending(db)
    with db.writing() as session:
        lifecycle.pause(mailing_named(session, "høst-nytt"))


def misread(db: Database) -> None:
    """Two visits that other rules took for machines'."""
    _, (one, *_) = sent_mailing(db)
    record(db, opened(one), click(one))
    with db.writing() as session:
        session.execute(text("UPDATE event_reading SET machine = 'guessed', first = FALSE"))


MADE: list[tuple[Callable[[Database], object], str, Line | None]] = [
    (world.sending, "pause høst-nytt", ("pause", "mailing høst-nytt", {})),
    (world.sending, "cancel høst-nytt", ("cancel", "mailing høst-nytt", {"cancelled": 10})),
    (world.sending, "settle", None),
    (world.sending, "restored --yes", ("restored", "", {"drafts": 0, "held": 1, "in_doubt": 10})),
    (paused, "resume høst-nytt", ("resume", "mailing høst-nytt", {})),
    (asked, "approve høst-nytt --yes --comment 'Så fint, Åse!'", ("approve", "mailing høst-nytt", {"n": 3})),
    (asked, "approve høst-nytt --yes --decline", ("decline", "mailing høst-nytt", {"n": 3})),
    (asked, "approve høst-nytt", None),  # nobody says yes
    (
        in_doubt,
        "settle høst-nytt --as queued",
        ("settle", "mailing høst-nytt", {"decided": "queued", "settled": {"queued": 4}, "queued": 4}),
    ),
    (misread, "reread høst-nytt", ("reread", "mailing høst-nytt", {"changed": 2})),
    (misread, "reread", ("reread", "", {"changed": 2})),
    (sent_mailing, "reread", None),
]


@pytest.mark.parametrize(("made", "words", "due"), MADE, ids=[words for _, words, _ in MADE])
def test_what_is_done_with_a_mailing_under_way(
    db: Database, tmp_path: Path, made: Callable[[Database], object], words: str, due: Line | None
) -> None:
    """Who paused, cancelled, approved or settled it is told, with how many it concerned; nobody is, where nothing came of it."""
    made(db)
    type_in(tmp_path, *shlex.split(words), MAILINGS_DATABASE_URL=db.url.render_as_string(hide_password=False))
    left = _log(db)
    assert [_told(kept, due) for kept in left] == ([due] if due else [])
    assert {kept.by for kept in left} <= {ME}


def test_the_database_itself(tmp_path: Path) -> None:
    """The log begins with who made the database, and of which revision; made once more there is nothing to tell."""
    for _ in range(2):
        assert type_in(tmp_path, "init").returncode == 0
    database = Database(f"sqlite:///{tmp_path}/var/mailings.db")
    (line,) = _log(database)
    database.engine.dispose()
    assert (line.by, line.what, line.subject, line.details["before"]) == (ME, "init", "", None)
    assert line.details["after"]
