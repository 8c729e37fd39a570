"""Passwords: what is kept of them, which ones will do, and that nobody learns from the clock who is a user."""

from __future__ import annotations

from threading import Thread

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from mailings.db import Database
from mailings.errors import NotAllowed
from mailings.model import Role, User
from mailings.staff import passwords, trying, users
from mailings.staff.rights import holds
from tests.staff.at_work import nothing_hashed


def test_what_is_kept_tells_nothing_and_matches_once() -> None:
    """Argon2id with a salt of its own: the same password twice is kept as two things, and each matches it and no other."""
    one, other = passwords.hashed("blåbærsyltetøy"), passwords.hashed("blåbærsyltetøy")
    assert one.startswith("$argon2id$")
    assert one != other
    assert passwords.matches(one, "blåbærsyltetøy")
    assert not passwords.matches(one, "blåbærsyltetøY")


def test_letters_typed_otherwise_are_the_same_letters() -> None:
    """One machine sends å as one character, another as two: both are the same password."""
    assert passwords.matches(passwords.hashed("bl\u00e5b\u00e6r p\u00e5 fjellet"), "bla\u030ab\u00e6r pa\u030a fjellet")


@pytest.mark.parametrize("kept", [None, "", "x", "$argon2id$v=19$m=65536,t=3,p=4$x$y"])
@pytest.mark.parametrize("password", ["", "x", "\0", "\ud800", "å" * 100_000])
def test_nothing_kept_matches_nothing(kept: str | None, password: str) -> None:
    """No user, no password, a broken row, and whatever is typed: the answer is no, not an error."""
    assert not passwords.matches(kept, password)


@pytest.mark.parametrize("password", ["", "kort", "åååååååååå", "ababababab", "Åse.Ødegård", "åse.ødegård@fjord.test", "x1" * 501])
def test_passwords_that_will_not_do(password: str) -> None:
    """Too short, too long, too few different letters, or the user's own name: refused with the reason."""
    with pytest.raises(NotAllowed):
        passwords.must_be_sound(password, "åse.ødegård@fjord.test")


def test_generated_passwords_will_do() -> None:
    """Each is long enough, can be read aloud, and is nobody else's."""
    made = {passwords.generated() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        passwords.must_be_sound(password, "åse")
        assert len(password) == 23
        assert not set(password) & set("lo01")


def test_a_hash_of_old_parameters_is_made_anew_at_the_next_sign_in(any_db: Database) -> None:
    """Whoever signs in gets today's parameters; the password stays the same."""
    weak = PasswordHasher(time_cost=1, memory_cost=64).hash("blåbærsyltetøy")
    with any_db.writing() as session:
        users.add(session, "åse", [Role.READER]).password_hash = weak
    with any_db.writing() as session:
        tried = trying.begin(session, "åse")
        assert trying.passed(session, tried, passwords.anew(tried.kept, "blåbærsyltetøy"))
    with any_db.reading() as session:
        kept = session.scalar(select(User.password_hash))
    assert kept != weak
    assert passwords.matches(kept, "blåbærsyltetøy")


def test_a_password_changed_while_it_was_looked_at_opens_nothing(db: Database) -> None:
    """Between the count and the answer argon2 takes its time: who was disabled or given another password meanwhile stays out."""
    for change in (lambda user: setattr(user, "password_hash", "other"), lambda user: setattr(user, "disabled_at", user.created_at)):
        with db.writing() as session:
            session.query(User).delete()
            kept = passwords.hashed("blåbærsyltetøy")
            users.set_password(session, users.add(session, "åse", [Role.READER]), kept)
        with db.writing() as session:
            tried = trying.begin(session, "åse")
        with db.writing() as session:
            change(users.user_named(session, "åse"))
        with db.writing() as session:
            assert trying.passed(session, tried) is None


def test_two_hash_at_a_time_also_the_first_of_all() -> None:
    """A process just begun hashes for nobody as it does for anybody: when two are at it, the third waits and takes no memory."""
    passwords._nobody.cache_clear()
    with nothing_hashed():
        first = Thread(target=passwords.matches, args=(None, "blåbærsyltetøy"))
        first.start()
        first.join(0.5)
        assert passwords._nobody.cache_info().misses == 0
    first.join(30)
    assert passwords._nobody.cache_info().currsize == 1


@pytest.mark.parametrize(
    ("role", "lets"),
    [
        (Role.READER, {Role.READER}),
        (Role.SENDER, {Role.READER, Role.SENDER}),
        (Role.OVERRIDE_CONSENT, {Role.READER, Role.OVERRIDE_CONSENT}),
        (Role.ADMIN, {Role.READER, Role.SENDER, Role.ADMIN}),
    ],
)
def test_a_role_lets_its_user_do_just_that(role: Role, lets: set[Role]) -> None:
    """The functional rights of domain B.1: overriding consent is in nobody's role but its own, not even an administrator's."""
    assert {wanted for wanted in Role if holds([role], wanted)} == lets
    assert not holds(["keiser", ""], Role.READER)
