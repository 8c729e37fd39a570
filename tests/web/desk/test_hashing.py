"""Argon2 works while no transaction is open that writes: who changes a password keeps nobody waiting."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from mailings.db import Database
from mailings.model import Role, Topic, User
from mailings.staff import passwords
from tests.staff.at_work import nothing_hashed
from tests.web.desk.arriving import PASSWORD, a_user, visiting
from tests.web.desk.seated import seated


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/users", {"name": "ny", "role": "reader", "with_password": "yes"}),
        ("/users/bo/password", {}),
        ("/me/password", {"present": PASSWORD, "wanted": "fjelltoppen blå", "again": "fjelltoppen blå"}),
    ],
)
def test_others_write_while_a_password_is_hashed(db: Database, path: str, fields: dict[str, str]) -> None:
    """With argon2 held up in the middle of the request, somebody else's change goes through; then the password is changed."""
    a_user(db, "bo", Role.READER)
    a_user(db, "åse", Role.ADMIN)
    before = kept(db)
    with seated(db, Role.ADMIN) as seat, ThreadPoolExecutor(1) as pool:
        with nothing_hashed():
            answer = pool.submit(seat.press, path, **fields)
            written(db, answer)
        assert answer.result(60).status_code in {200, 303}
    assert kept(db) != before


def test_others_write_while_somebody_signs_in_whose_hash_is_dated(db: Database) -> None:
    """The same where a sign-in hashes the password anew."""
    a_user(db, "åse", Role.READER)
    weak = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
    with db.writing() as session:
        session.scalars(select(User)).one().password_hash = weak
    with visiting(db) as visitor, ThreadPoolExecutor(1) as pool:
        with nothing_hashed():
            answer = pool.submit(visitor.sign_in, "åse")
            written(db, answer)
        assert answer.result(60).status_code == 303
    (now,) = kept(db)
    assert now != weak
    assert passwords.matches(now, PASSWORD)


def written(db: Database, waits: Future[object]) -> None:
    """Somebody else changes something, now and a moment later; the request still waits for argon2 and has not ended."""
    for name in ("Nytt", "Påske"):
        with db.writing() as session:
            session.add(Topic(name=name))
        with pytest.raises(TimeoutError):
            waits.result(1)


def kept(db: Database) -> list[str | None]:
    """What is kept of every password."""
    with db.reading() as session:
        return list(session.scalars(select(User.password_hash).order_by(User.id)))
