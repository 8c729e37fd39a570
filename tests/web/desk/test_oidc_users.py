"""Who somebody is here whom the provider vouches for: never whoever merely calls themselves so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mailings.db import Database
from mailings.model import Role
from mailings.staff import users
from tests.doubles.oidc import Issuer, provider
from tests.web.desk.arriving import a_user, visiting
from tests.web.desk.signing_on import ASE, settings_of, sign_on


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """A provider that vouches for Åse."""
    with provider(**ASE) as made:
        yield made


@pytest.mark.parametrize("told", [{"email_verified": False}, {"email_verified": "true"}, {"email": None}, {"email": "åse"}])
def test_an_address_nobody_verified_names_nobody(db: Database, issuer: Issuer, told: dict[str, Any]) -> None:
    """Whoever may write any address into their own profile does not become its owner here; a name there is not a name here."""
    a_user(db, "åse", email="ase@fjord.test")
    a_user(db, "ase")
    issuer.claims |= told
    with visiting(db, **settings_of(issuer)) as visitor:
        answer = sign_on(visitor, issuer)
        assert (answer.status_code, "not let in here" in answer.text) == (403, True)


def test_two_users_with_one_address_are_nobody(db: Database, issuer: Issuer) -> None:
    """Which of them it is cannot be told, so neither comes in."""
    a_user(db, "åse", email="ase@fjord.test")
    a_user(db, "bo", email="ase@fjord.test")
    with visiting(db, **settings_of(issuer)) as visitor:
        assert sign_on(visitor, issuer).status_code == 403


def test_a_disabled_user_is_not_let_in(db: Database, issuer: Issuer) -> None:
    """Being vouched for does not undo what an administrator did."""
    a_user(db, email="ase@fjord.test")
    with visiting(db, **settings_of(issuer, oidc_roles="reader")) as visitor:
        sign_on(visitor, issuer)
        with db.writing() as session:
            users.disable(session, users.user_named(session, "åse"))
        assert not visitor.is_in()
        assert sign_on(visitor, issuer).status_code == 403


def test_strangers_become_users_only_where_the_installation_says_so(db: Database, issuer: Issuer) -> None:
    """With MAILINGS_OIDC_ROLES whoever the provider vouches for is made, with these roles; a name that is taken is not taken over."""
    a_user(db, "ase", Role.ADMIN)
    with visiting(db, **settings_of(issuer)) as visitor:
        assert sign_on(visitor, issuer).status_code == 403
    with visiting(db, **settings_of(issuer, oidc_roles="reader, sender")) as visitor:
        assert sign_on(visitor, issuer).status_code == 303
        assert "Åse Ødegård" in visitor.look("/me").text
    with db.reading() as session:
        made = {user.name: user.roles for user in users.listed(session)}
    assert made == {"ase": ["admin"], "ase@fjord.test": ["reader", "sender"]}
