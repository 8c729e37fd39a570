"""Two who push, make or fill the same at once: each comes to its end, and there is one of everything (PostgreSQL)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.db import Database
from mailings.model import (
    Interest,
    Mailing,
    MailingStatus,
    PersonInterest,
    Recipient,
    SelectionMember,
    Source,
    TrackedLink,
    Verdict,
)
from mailings.people.joining import note_interests
from mailings.sending.finding import mailing_named
from tests.audience.people import folder, person, selection
from tests.audience.populated import LINKED
from tests.meanwhile import meanwhile

LINKS = {"tilbud": {"url": "https://fjord.test/tilbud"}}


def a_draft(db: Database, tmp_path: Path) -> Path:
    """The folder of a mailing to five people."""
    with db.writing() as session:
        selection(session, "Kunder", *(person(session, f"Åse {n}", f"ase{n}@fjord.test") for n in range(5)))
    return folder(tmp_path, **LINKED, links=LINKS)


def many(db: Database, table: Any) -> int:
    """How many rows there are."""
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def made(session: Session) -> dict[Verdict, int]:
    """The list made."""
    return populate(session, mailing_named(session, "autumn"), launch=False)


def test_a_mailing_is_pushed_twice(any_db: Database, tmp_path: Path) -> None:
    """New or there already, it is one draft with one link and one source."""
    here = a_draft(any_db, tmp_path)

    def again() -> int:
        with any_db.writing() as session:
            return push(session, here).id

    assert [meanwhile(any_db, lambda session: push(session, here), again) for _ in range(2)] == [1, 1]
    assert [many(any_db, table) for table in (Mailing, TrackedLink, Source)] == [1, 1, 1]


def test_a_list_is_made_twice(any_db: Database, tmp_path: Path) -> None:
    """Checked by two, or by one who clicks twice: everybody is on it once, and both are told how many."""
    here = a_draft(any_db, tmp_path)
    with any_db.writing() as session:
        push(session, here)

    def again() -> dict[Verdict, int]:
        with any_db.writing() as session:
            return made(session)

    assert meanwhile(any_db, made, again) == {Verdict.ELIGIBLE: 5}
    assert many(any_db, Recipient) == 5


def test_a_list_is_begun_meanwhile(any_db: Database, tmp_path: Path) -> None:
    """Who looks at a draft that is started in the same moment changes nothing of the list that is sent."""
    here = a_draft(any_db, tmp_path)
    with any_db.writing() as session:
        push(session, here)

    def begun(session: Session) -> None:
        made(session)
        session.execute(delete(SelectionMember).where(SelectionMember.person_id == 1))
        mailing_named(session, "autumn").status = MailingStatus.SENDING

    def looks() -> dict[Verdict, int]:
        with any_db.writing() as session:
            return made(session)

    assert meanwhile(any_db, begun, looks) == {Verdict.ELIGIBLE: 5}


def test_an_interest_is_made_twice(any_db: Database) -> None:
    """Two lists that come in at once name a new interest, in any letters: there is one, and both have people with it."""
    with any_db.writing() as session:
        numbers = [person(session, name, f"{name}@fjord.test").id for name in ("ase", "desiree")]

    def again() -> int:
        with any_db.writing() as session:
            note_interests(session, [(numbers[1], "Seiling"), (numbers[1], "seiling")])
        return 1

    assert meanwhile(any_db, lambda session: note_interests(session, [(numbers[0], "Seiling")]), again)
    assert (many(any_db, Interest), many(any_db, PersonInterest)) == (1, 2)
