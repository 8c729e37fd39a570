"""Signing on at the installation's own provider: who comes in, and everything that must not."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

import pytest
from httpx import BasicAuth, Request
from joserfc.jwk import RSAKey
from sqlalchemy import select

from mailings.db import Database
from mailings.errors import Unreadable
from mailings.model import AuditEntry, User
from mailings.settings import Settings
from tests.doubles.oidc import CLIENT, SECRET, Issuer, provider
from tests.web.desk.arriving import a_user, visiting
from tests.web.desk.signing_on import ASE, came_back, settings_of, sign_on
from web.app import make_app


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """A provider that vouches for Åse."""
    with provider(**ASE) as made:
        yield made


def test_a_known_user_comes_in_by_a_verified_address(any_db: Database, issuer: Issuer) -> None:
    """The first time by the address an administrator wrote down, from then on by issuer and subject, whatever the address becomes."""
    a_user(any_db, "åse", password="", email="ase@fjord.test")
    with visiting(any_db, **settings_of(issuer)) as visitor:
        assert "Fjord-ID" in visitor.look("/sign-in").text
        answer = sign_on(visitor, issuer, to="/bounces")
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/bounces")
        assert visitor.is_in()
        visitor.client.cookies.clear()
        issuer.claims |= {"email": "other@fjord.test"}
        sign_on(visitor, issuer)
        assert visitor.is_in()
    with any_db.reading() as session:
        assert session.scalar(select(User.oidc_subject)) == f"{issuer.address} åse-4711"
        log = [(line.what, line.by) for line in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert log == [("link sign-on", "åse"), ("sign in", "åse"), ("sign in", "åse")]


def test_the_code_is_redeemed_with_our_secret_and_the_verifier(db: Database, issuer: Issuer) -> None:
    """Code flow with PKCE: the address carries a challenge, never the verifier; the client's name and secret are Basic, form-encoded."""
    a_user(db, email="ase@fjord.test")
    with visiting(db, **settings_of(issuer)) as visitor:
        address = visitor.look("/sign-in/oidc").headers["location"]
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert set(asked["scope"].split()) == {"openid", "email", "profile"}
        came_back(visitor, issuer.sign_on(address))
    form = issuer.posted[0]
    assert form["code_verifier"] not in address
    request = next(BasicAuth(quote_plus(CLIENT), quote_plus(SECRET)).auth_flow(Request("POST", "http://x")))
    assert issuer.authorization == request.headers["authorization"]


def _aside(name: str, value: object) -> Any:
    return lambda claims: claims | {name: value}


LIES = {
    "another issuer": _aside("iss", "https://evil.test"),
    "another audience": _aside("aud", "another-client"),
    "for two, and not given to us": lambda claims: claims | {"aud": [CLIENT, "other"], "azp": "other"},
    "another nonce": _aside("nonce", "of-another-sign-on"),
    "no nonce": lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
    "over": _aside("exp", 1_000_000),
    "never over": lambda claims: {name: value for name, value in claims.items() if name != "exp"},
    "not yet": _aside("nbf", 4_000_000_000),
    "no subject": lambda claims: {name: value for name, value in claims.items() if name != "sub"},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_token_that_does_not_hold_lets_nobody_in(db: Database, issuer: Issuer, lie: Any) -> None:
    """Issuer, audience, nonce, time: each alone is enough to be sent away, though the signature is right."""
    a_user(db, email="ase@fjord.test")
    issuer.changes = lie
    with visiting(db, **settings_of(issuer)) as visitor:
        assert sign_on(visitor, issuer).status_code == 403
        assert not visitor.is_in()


def test_a_forged_signature_lets_nobody_in(db: Database, issuer: Issuer) -> None:
    """Signed by another key under the same name, by the public key as if it were a shared secret, or not at all."""
    a_user(db, email="ase@fjord.test")
    with visiting(db, **settings_of(issuer)) as visitor:
        issuer.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
        assert sign_on(visitor, issuer).status_code == 403
        issuer.signs_with = None
        assert sign_on(visitor, issuer).status_code == 303
        claims = {"iss": issuer.address, "aud": CLIENT, "iat": 1, "exp": 4_000_000_000} | ASE
        public = issuer.key.as_pem(private=False)
        for forged in (_token("HS256", claims, public), _token("none", claims, b""), "x.y.z", "x"):
            visitor.client.cookies.clear()
            issuer.token = forged
            assert sign_on(visitor, issuer).status_code == 403
            assert not visitor.is_in()


def _token(algorithm: str, claims: dict[str, Any], secret: bytes) -> str:
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": algorithm, "kid": "one"}, claims)]
    seal = hmac.digest(secret, b".".join(parts), "sha256") if secret else b""
    return b".".join([*parts, urlsafe_b64encode(seal).rstrip(b"=")]).decode()


def test_what_was_used_once_is_used_up(db: Database, issuer: Issuer) -> None:
    """The way back again, an old token under a new code, a way back in another browser, another state: all lead to the sign-in page."""
    a_user(db, email="ase@fjord.test")
    with visiting(db, **settings_of(issuer)) as visitor, visiting(db, **settings_of(issuer)) as other:
        address = issuer.sign_on(visitor.look("/sign-in/oidc").headers["location"])
        assert came_back(other, address).status_code == 403, "a link that signs somebody else in as me"
        assert came_back(visitor, address.replace("state=", "state=x")).status_code == 403
        assert sign_on(visitor, issuer).status_code == 303
        visitor.client.cookies.clear()
        assert came_back(visitor, address).status_code == 403
        issuer.token = issuer.tokens[0]
        assert sign_on(visitor, issuer).status_code == 403
        assert not visitor.is_in()


def test_a_cookie_that_is_not_ours_is_no_way_back(db: Database, issuer: Issuer) -> None:
    """What the browser took along is sealed; a line changed, or nothing we ever wrote, ends at the sign-in page and not in an error."""
    with visiting(db, **settings_of(issuer)) as visitor:
        for forged in ("x", "zz.zz", "00.", "å".encode().hex() + ".x"):
            visitor.client.cookies.set("mailings_going", forged)
            assert visitor.look("/sign-in/oidc/back?code=1&state=1").status_code == 403


def test_without_the_provider_passwords_still_work(db: Database) -> None:
    """It does not answer: one sentence, and the form below it is as good as ever."""
    with provider(**ASE) as gone:
        pass
    a_user(db)
    with visiting(db, **settings_of(gone)) as visitor:
        answer = visitor.look("/sign-in/oidc")
        assert (answer.status_code, "cannot be reached" in answer.text) == (503, True)
        assert visitor.sign_in("åse").status_code == 303


def test_a_provider_that_calls_itself_otherwise_is_not_believed(db: Database, issuer: Issuer) -> None:
    """Discovery that names another issuer, or leads over the open net, is as good as none (OpenID Connect Discovery, 4.3)."""
    for lie in ({"issuer": "https://evil.test"}, {"authorization_endpoint": 7}):
        issuer.discovery = lie
        with visiting(db, **settings_of(issuer)) as visitor:
            assert visitor.look("/sign-in/oidc").status_code == 503


@pytest.mark.parametrize(
    "wrong", [{"oidc_issuer": "http://login.fjord.test"}, {"oidc_issuer": "login"}, {"oidc_client": ""}, {"oidc_roles": "reader,keiser"}]
)
def test_settings_that_cannot_be_right_are_refused_at_the_start(db: Database, wrong: dict[str, str]) -> None:
    """No https, no address, no client: the door does not open, and says which setting it is."""
    with pytest.raises(Unreadable, match="MAILINGS_OIDC_"):
        make_app(db, Settings(_env_file=None, **({"oidc_issuer": "https://login.fjord.test", "oidc_client": CLIENT} | wrong)))


def test_without_the_setting_there_is_no_such_page(db: Database) -> None:
    """The desk of an installation without a provider has neither button nor address."""
    with visiting(db) as visitor:
        assert "oidc" not in visitor.look("/sign-in").text
        assert visitor.look("/sign-in/oidc").status_code == 404


def test_a_new_key_is_asked_for(db: Database, issuer: Issuer) -> None:
    """Providers change their keys; one we do not know is looked up, not more often than once a minute."""
    a_user(db, email="ase@fjord.test")
    with visiting(db, **settings_of(issuer)) as visitor:
        assert sign_on(visitor, issuer).status_code == 303
        issuer.signs_with = RSAKey.generate_key(2048, {"kid": "two"})
        for _ in range(3):
            visitor.client.cookies.clear()
            assert sign_on(visitor, issuer).status_code == 403
        assert issuer.asked.count("/keys") == 1
