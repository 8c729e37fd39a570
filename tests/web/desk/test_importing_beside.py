"""A list comes in beside everybody else: who writes waits for one portion at most, and what stops half-way is taken up again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event, func, select

from mailings import seams
from mailings.consent.history import in_force
from mailings.consent.withdrawing import withdraw
from mailings.db import Database
from mailings.model import Address, AuditEntry, Basis, Person, Upload
from mailings.people import uploading
from mailings.seams import Seam
from tests.consent.waiting import a_person
from tests.web.desk.seated import seated
from tests.web.desk.test_importing import brought, people

ROWS = 2500  #: three portions
LIST = ("name,email,company\n" + "".join(f"Åse {n},p{n}@x.test,Firma {n % 3}\n" for n in range(ROWS - 100))).encode()
AGAIN = "".join(f"Åse igjen,p{n}@x.test,Firma 0\n" for n in range(100)).encode()  # of the first portion, in the last


@contextmanager
def watched(watcher: seams.Watcher) -> Iterator[None]:
    """Told of every passage while it lasts."""
    seams.watch(watcher)
    try:
        yield
    finally:
        seams.unwatch(watcher)


def test_looking_over_only_reads(any_db: Database) -> None:
    """Whom a list names is looked up in transactions that only read, and comes out as taking it in does; nothing is numbered or changed."""
    with any_db.writing() as session:
        no = a_person(session, "p7@x.test", name="", basis=None).id
        withdraw(session, no, "Web form")
    asked: list[bool] = []

    def note(connection: object, _cursor: object, sql: str, *_: object) -> None:
        if "address" in sql and "SELECT" in sql:
            asked.append(bool(connection.get_execution_options().get("immediate")))  # type: ignore[attr-defined]

    with seated(any_db) as seat:
        event.listen(any_db.engine, "before_cursor_execute", note)
        brought(seat, LIST + AGAIN + b"Nei,nei,\n", "liste.csv")
        event.remove(any_db.engine, "before_cursor_execute", note)
        assert (len(asked) >= 3, any(asked), people(any_db)) == (True, False, 1)
        foreseen = told(any_db)
        seat.press("/import/take", basis="consent", held="yes")
    came = told(any_db)
    for count in ("rows", "created", "matched", "skipped", "wrong", "notes", "columns"):
        assert foreseen[count] == came[count], count
    assert (came["created"], came["matched"], came["skipped"], came["withdrawn_kept"]) == (ROWS - 101, 101, 1, 1)


def test_others_write_between_two_portions(any_db: Database) -> None:
    """Somebody unsubscribes after every portion: it holds at once, and the rest of the list does not undo it."""
    with any_db.writing() as session:
        leaving = [a_person(session, f"p{n}@x.test").id for n in range(2390, 2400)]
    gone: list[int] = []

    def leave(seam: Seam, when: str) -> None:
        if (seam, when) == (Seam.COMMIT, "after") and len(gone) < len(leaving) and people(any_db) > 100:
            gone.append(leaving[len(gone)])
            with any_db.writing() as session:
                withdraw(session, gone[-1], "Web form")

    with seated(any_db) as seat:
        brought(seat, LIST + AGAIN, "liste.csv")
        with watched(leave):
            seat.press("/import/take", basis="consent", held="yes")
    assert (len(gone), people(any_db)) == (len(leaving), ROWS - 100)
    with any_db.reading() as session:
        assert {said[0] for said in in_force(session, gone).values()} == {Basis.WITHDRAWN}


def test_what_stopped_is_taken_up_again(any_db: Database) -> None:
    """The process fails after the second portion: two are whole, the page says how far, and again brings the rest and nobody twice."""
    with seated(any_db) as seat:
        brought(seat, LIST + AGAIN, "liste.csv")
        with watched(fails_past(any_db, 2000)):
            assert seat.press("/import/take", basis="consent", held="yes").status_code == 500
        assert people(any_db) == 2000
        assert "2,000 rows are in so far" in seat.look("/import").text
        assert seat.press("/import/take", basis="consent", held="yes").status_code == 303
        assert "so far" not in seat.look("/import").text
    with any_db.reading() as session:
        assert people(any_db) == session.scalar(select(func.count(Address.normal.distinct()))) == ROWS - 100
        lines = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [line.what for line in lines[1:]] == ["begin to import a list"] * 2 + ["import a list"]
        chosen = {"basis": "consent", "unknown": "keep", "selection": None}
        assert lines[-1].details == chosen | {"rows": ROWS, "created": ROWS - 2100, "matched": 2100, "skipped": 0}


def fails_past(db: Database, many: int) -> seams.Watcher:
    """The power fails once so many are in."""

    def fail(seam: Seam, when: str) -> None:
        if (seam, when) == (Seam.COMMIT, "after") and people(db) == many:
            raise RuntimeError("power")

    return fail


def test_who_takes_it_in_twice_at_once_takes_it_in_once(any_db: Database) -> None:
    """The button pressed again while the list comes in: the first stops before its next portion, the second brings all, each once."""
    answers: list[int] = []
    with seated(any_db) as seat:
        brought(seat, LIST, "liste.csv")

        def press(seam: Seam, when: str) -> None:
            if (seam, when) == (Seam.COMMIT, "after") and people(any_db) == 1000 and not answers:
                answers.append(0)
                answers.append(seat.press("/import/take").status_code)

        with watched(press):
            assert seat.press("/import/take").status_code == 409
    assert answers == [0, 303]
    with any_db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == ROWS - 100


def test_a_list_too_long_for_the_desk(db: Database) -> None:
    """More rows than an upload may have, right or wrong ones: the command for it is named, and nothing is kept."""
    rows = b"email\n" + b"nei@\n" * (uploading.MOST + 1)
    with seated(db) as seat:
        answer = brought(seat, rows, "lang.csv")
        assert (answer.status_code, "mailings people import FILE" in answer.text, "50,000 rows" in answer.text) == (400, True, True)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Upload)) == 0


def told(db: Database) -> dict[str, object]:
    """What is said of the list."""
    with db.reading() as session:
        return session.scalars(select(Upload)).one().told
