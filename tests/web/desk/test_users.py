"""Users at the desk: administrators make and manage them, everybody manages themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from mailings.db import Database
from mailings.model import AuditEntry, Role, User
from mailings.staff import users
from tests.web.desk.arriving import PASSWORD, a_user, visiting
from tests.web.desk.seated import Seat, seated


@pytest.fixture
def admin(db: Database) -> Iterator[Seat]:
    """An administrator at the desk, called åse."""
    with seated(db, Role.ADMIN) as seat:
        yield seat


def _log(db: Database) -> list[tuple[str, str, str]]:
    with db.reading() as session:
        return [(line.by, line.what, line.subject) for line in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def _made_password(text: str) -> str:
    found = re.search(r'<input value="([a-z0-9-]{23})" readonly', text)
    assert found
    return found[1]


def test_a_user_is_added_and_signs_in_with_what_was_shown(db: Database, admin: Seat) -> None:
    """The password is on that one answer and in no later page, in no log and in no table."""
    answer = admin.press("/users", name="Désirée", full_name="Désirée van der IJssel", role=["sender", "reader"], with_password="yes")
    password = _made_password(answer.text)
    assert password not in admin.look("/users/désirée").text + admin.look("/audit").text
    with visiting(db) as visitor:
        assert visitor.sign_in("désirée", password).status_code == 303
        assert "Désirée van der IJssel" in visitor.look("/me").text
    with db.reading() as session:
        kept = session.scalar(select(User).where(User.name == "désirée"))
        assert kept is not None
        assert (kept.roles, kept.password_hash[:9] if kept.password_hash else "") == (["reader", "sender"], "$argon2id")
    assert _log(db)[0] == ("åse", "add user", "user désirée")


@pytest.mark.parametrize("name", ["", "x", "a b", "../etc", "a/b", "<b>", "å" * 101, "åse"])
def test_a_name_that_cannot_be_one_is_said_and_changes_nothing(db: Database, admin: Seat, name: str) -> None:
    """Too short, too long, with a slash, or taken: the page says why, keeps what was typed, and nothing is in the log."""
    answer = admin.press("/users", name=name, full_name="Bjørn", role="reader")
    assert (answer.status_code, 'class="trouble"' in answer.text, 'value="Bjørn"' in answer.text) == (409, True, True)
    assert _log(db) == []


def test_roles_change_at_once_and_both_sets_are_known(db: Database, admin: Seat) -> None:
    """Saved roles are the only ones; a role there is not is refused."""
    a_user(db, "bo", Role.READER)
    assert admin.press("/users/bo", full_name="Bo", email="Bo@Fjord.test", role=["sender", "override_consent"]).status_code == 303
    assert admin.press("/users/bo", role="keiser").status_code == 409
    with db.reading() as session:
        bo = users.user_named(session, "bo")
        assert (bo.roles, bo.email) == (["sender", "override_consent"], "bo@fjord.test")
    assert _log(db) == [("åse", "change roles", "user bo")]


def test_the_last_administrator_stays(db: Database, admin: Seat) -> None:
    """Neither disabled nor without the role: somebody must be able to let others in. With a second one it can be done."""
    assert admin.press("/users/åse", role="reader").status_code == 409
    assert admin.press("/users/åse/disable").status_code == 409
    a_user(db, "bo", Role.ADMIN)
    assert admin.press("/users/åse", role="reader").status_code == 303
    assert admin.look("/users").status_code == 403


def test_disabled_and_let_in_again(db: Database, admin: Seat) -> None:
    """A disabled user's password opens nothing until they are let in again."""
    a_user(db, "bo")
    with visiting(db) as visitor:
        assert admin.press("/users/bo/disable").status_code == 303
        assert visitor.sign_in("bo").status_code == 403
        assert admin.press("/users/bo/enable").status_code == 303
        assert visitor.sign_in("bo").status_code == 303
    assert [what for _, what, _ in _log(db) if "user" in what] == ["disable user", "enable user"]


def test_a_new_password_ends_every_browser_of_theirs(db: Database, admin: Seat) -> None:
    """The old password and the old cookie are worth nothing; the new one, shown once, works. Nobody by that name: 404."""
    a_user(db, "bo")
    with visiting(db) as visitor:
        visitor.sign_in("bo")
        password = _made_password(admin.press("/users/bo/password").text)
        assert not visitor.is_in()
        assert visitor.sign_in("bo").status_code == 403
        assert visitor.sign_in("bo", password).status_code == 303
    assert admin.press("/users/ingen/password").status_code == 404
    assert admin.look("/users/ingen").status_code == 404


def test_everybody_changes_their_own_password(db: Database) -> None:
    """With the present one; other browsers are out, this one stays in."""
    a_user(db, "bo", Role.READER)
    with visiting(db) as here, visiting(db) as there:
        here.sign_in("bo")
        there.sign_in("bo")
        for present, wanted, again in (("feil", "et nytt passord", "et nytt passord"), (PASSWORD, "et nytt passord", "et annet passord")):
            assert here.press("/me/password", present=present, wanted=wanted, again=again).status_code == 409
        for short in ("kort", "bo", "aaaaaaaaaaaa", "x" * 1001):
            assert here.press("/me/password", present=PASSWORD, wanted=short, again=short).status_code == 409
        assert here.press("/me/password", present=PASSWORD, wanted="et nytt passord", again="et nytt passord").status_code == 303
        assert (here.is_in(), there.is_in()) == (True, False)
        assert there.sign_in("bo").status_code == 403
        assert there.sign_in("bo", "et nytt passord").status_code == 303


def test_a_browser_left_open_is_no_place_to_guess(db: Database) -> None:
    """Wrong present passwords count like those of the sign-in page: after five the right one has to wait."""
    a_user(db, "bo")
    with visiting(db) as visitor:
        visitor.sign_in("bo")
        for present in [*["feil"] * 5, PASSWORD]:
            assert visitor.press("/me/password", present=present, wanted="et nytt passord", again="et nytt passord").status_code == 409
        assert visitor.is_in()


def test_the_desk_speaks_the_language_somebody_chose(db: Database) -> None:
    """Theirs goes before the browser's; none of ours is the browser's again. Other browsers can be signed out."""
    a_user(db, "bo")
    with visiting(db) as visitor, visiting(db) as other:
        visitor.sign_in("bo")
        other.sign_in("bo")
        visitor.press("/me/language", language="no")
        assert '<html lang="no">' in visitor.look("/me", **{"accept-language": "nl"}).text
        visitor.press("/me/language", language="../x")
        assert '<html lang="nl">' in visitor.look("/me", **{"accept-language": "nl"}).text
        visitor.press("/me/sign-out-elsewhere")
        assert (visitor.is_in(), other.is_in()) == (True, False)


def test_a_note_is_said_once_and_only_by_a_page(db: Database) -> None:
    """After a post the next page says what was done; a picture or a file fetched in between does not eat it."""
    a_user(db, "bo")
    with visiting(db) as visitor:
        visitor.sign_in("bo")
        visitor.press("/me/language", language="en")
        visitor.look("/")
        assert "Saved." in visitor.look("/me").text
        assert "Saved." not in visitor.look("/me").text


def test_whoever_is_added_may_read(admin: Seat) -> None:
    """The form for a new user has the least role ticked, and no other: nobody may send because a tick was not taken away."""
    page = admin.look("/users").text
    assert re.findall(r'name="role" value="(\w+)"[^>]*checked', page) == ["reader"]


def test_when_somebody_was_last_here_is_in_the_readers_own_zone(db: Database, admin: Seat) -> None:
    """A moment stands there as on every other page, for the browser to show; nobody reads UTC here and their own time there."""
    a_user(db, "bo")
    with visiting(db) as visitor:
        visitor.sign_in("bo")
    for page in ("/users", "/users/bo"):
        assert re.findall(r'<time datetime="[^"]+">\d+ \w+ \d+ \d\d:\d\d UTC</time>', admin.look(page).text), page
