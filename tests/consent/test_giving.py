"""Consent is a history: rows are added, the newest is in force, and a list cannot undo what a person said."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.consent.giving import give, give_many
from mailings.consent.history import in_force
from mailings.consent.withdrawing import withdraw
from mailings.db import Database
from mailings.model import Basis, Consent
from tests.consent.waiting import a_mailing, a_person, queue, statuses


def _history(session: Session, person_id: int) -> list[tuple[Basis, str]]:
    rows = session.execute(select(Consent.basis, Consent.source).where(Consent.person_id == person_id).order_by(Consent.id))
    return [(basis, source) for basis, source in rows]


def test_giving_adds_a_row(any_db: Database) -> None:
    """Every new statement is a row; the same basis from the same source is not written twice; old rows are never changed."""
    with any_db.writing() as session:
        person = a_person(session, "ase@x.test", basis=None)
        assert give(session, person.id, Basis.LEGITIMATE_INTEREST, "User", "kari")
        assert not give(session, person.id, Basis.LEGITIMATE_INTEREST, "User")
        assert give(session, person.id, Basis.CONSENT, "Web form")
        assert _history(session, person.id) == [(Basis.LEGITIMATE_INTEREST, "User"), (Basis.CONSENT, "Web form")]
        assert in_force(session, [person.id]) == {person.id: (Basis.CONSENT, "Web form")}
        assert session.scalars(select(Consent.given_by).order_by(Consent.id)).all() == ["kari", None]


def test_giving_after_withdrawing(any_db: Database) -> None:
    """A person may change their mind; giving Withdrawn is withdrawing, with all that follows."""
    with any_db.writing() as session:
        person = a_person(session, "ase@x.test")
        waits = queue(session, a_mailing(session, "a"), person)
        assert give(session, person.id, Basis.WITHDRAWN, "User")
        assert statuses(session, waits) == ["cancelled"]
        assert give(session, person.id, Basis.CONSENT, "Web form")
        assert in_force(session, [person.id])[person.id][0] is Basis.CONSENT


def test_a_list_never_undoes_a_withdrawal(any_db: Database) -> None:
    """Among many statements, people who withdrew stay withdrawn and are counted; the others get one row each."""
    with any_db.writing() as session:
        out, new, had = a_person(session, "a@x.test"), a_person(session, "b@x.test", basis=None), a_person(session, "c@x.test")
        withdraw(session, out.id, "Unsubscribe page")
        people = [(out.id, Basis.CONSENT), (new.id, Basis.CONSENT), (had.id, Basis.CONSENT)]
        given = give_many(session, people, "Import")
        assert (given.written, given.withdrawn_kept) == (1, 1)
        again = give_many(session, people, "Import")
        assert (again.written, again.withdrawn_kept) == (0, 1)
        assert in_force(session, [out.id])[out.id] == (Basis.WITHDRAWN, "Unsubscribe page")


def test_no_wins_in_a_list(any_db: Database) -> None:
    """Somebody said to have withdrawn anywhere in a list has, whatever other rows of it say."""
    with any_db.writing() as session:
        person = a_person(session, "a@x.test", basis=None)
        for order in ([Basis.WITHDRAWN, Basis.CONSENT], [Basis.CONSENT, Basis.WITHDRAWN]):
            give_many(session, [(person.id, basis) for basis in order], "Import")
            assert in_force(session, [person.id])[person.id][0] is Basis.WITHDRAWN
        assert len(_history(session, person.id)) == 1
