"""The installation's own sign-on (OpenID Connect): where to go, what to bring, and whether what comes back can be believed."""

from __future__ import annotations

import time
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote_plus, urlsplit

import httpx
import orjson
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mailings import clock
from mailings.errors import Unreachable, Unreadable, Untrusted
from mailings.settings import Settings
from web.desk.going import Going

PATIENCE = 8.0  # seconds a whole answer may take
LARGEST = 512 * 1024  # bytes of one
KEPT = 3600.0  # seconds its addresses and keys are kept; keys are asked for anew when a token names one we lack, once a minute
SKEW = 60  # seconds two clocks may differ
#: signatures by a key only the provider has: `none` and those made with a shared secret are none
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]


class Provider:
    """One provider. Raises Unreadable for an address that is not https, unless it is this machine's own."""

    def __init__(self, settings: Settings, back: str) -> None:
        self.issuer, self.client, self.back = settings.oidc_issuer.rstrip("/"), settings.oidc_client, back
        self._secret = settings.oidc_secret.get_secret_value()
        self._found: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None
        _must_be_private(self.issuer)
        if not self.client:
            raise Unreadable("MAILINGS_OIDC_ISSUER is set, but MAILINGS_OIDC_CLIENT is not: the name your provider knows us by.")

    def address(self, going: Going) -> str:
        """Where the browser goes to sign on. Raises Unreachable."""
        asked = {
            "redirect_uri": self.back,
            "scope": "openid email profile",
            "state": going.state,
            "nonce": going.nonce,
            "code_challenge": create_s256_code_challenge(going.verifier),
            "code_challenge_method": "S256",
        }
        return str(prepare_grant_uri(self._endpoint("authorization_endpoint"), self.client, "code", **asked))

    def claims(self, code: str, going: Going) -> dict[str, Any]:
        """What the provider says of whoever came back with `code`. Raises Untrusted for what does not hold, Unreachable."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.back, "code_verifier": going.verifier}
        form |= {"client_id": self.client} if not self._secret else {}
        login = httpx.BasicAuth(_quoted(self.client), _quoted(self._secret)) if self._secret else None
        answer = self._asked("POST", self._endpoint("token_endpoint"), data=form, auth=login)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise Untrusted("The sign-on did not hold.")
        return self._believed(token, going.nonce, str(answer.get("access_token") or ""))

    def look(self) -> str:
        """The issuer, once it has answered (doctor). Raises Unreachable."""
        self._endpoint("authorization_endpoint")
        return self.issuer

    def _believed(self, token: str, nonce: str, access_token: str) -> dict[str, Any]:
        issuer = str(self._discovered()["issuer"])
        options = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": self.client}}
        params = {"nonce": nonce, "client_id": self.client, "access_token": access_token}
        try:
            read = self._decoded(token)
            claims = CodeIDToken(read.claims, read.header, options, params)
            claims.validate(now=int(clock.timestamp()), leeway=SKEW)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Untrusted("The sign-on did not hold.") from error
        return {**claims, "iss": issuer}

    def _decoded(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, self._key_set(KEPT), algorithms=ALGORITHMS)
        except (JoseError, ValueError):  # perhaps it has a new key
            return jwt.decode(token, self._key_set(60.0), algorithms=ALGORITHMS)

    def _key_set(self, oldest: float) -> KeySet:
        if self._keys is None or time.monotonic() - self._keys[0] > oldest:
            self._keys = time.monotonic(), KeySet.import_key_set(self._asked("GET", self._endpoint("jwks_uri")))  # type: ignore[arg-type]
        return self._keys[1]

    def _endpoint(self, name: str) -> str:
        address = self._discovered().get(name)
        if not isinstance(address, str):
            raise Unreachable(f"{self.issuer} does not say what its {name} is.")
        _must_be_private(address)
        return address

    def _discovered(self) -> dict[str, Any]:
        if self._found is None or time.monotonic() - self._found[0] > KEPT:
            found = self._asked("GET", f"{self.issuer}/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != self.issuer:
                raise Unreachable(f"{self.issuer} calls itself by another name; set MAILINGS_OIDC_ISSUER to just that.")
            self._found = time.monotonic(), found
        return self._found[1]

    def _asked(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        """What is there, as JSON: read within PATIENCE and LARGEST, however slowly or much is sent; no redirect is followed."""
        until, body = time.monotonic() + PATIENCE, bytearray()
        try:
            with httpx.Client(timeout=PATIENCE) as client, client.stream(method, address, **more) as answer:
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > LARGEST or time.monotonic() > until:
                        raise Unreachable(f"{self.issuer} answers too slowly, or too much.")
            read = orjson.loads(body)
        except (httpx.HTTPError, httpx.InvalidURL, orjson.JSONDecodeError) as error:
            raise Unreachable(f"{self.issuer} cannot be reached for signing on: {type(error).__name__}.") from None
        if answer.status_code in (400, 401, 403) and method == "POST":  # the code is used up, or never was one
            raise Untrusted("The sign-on did not hold.")
        if answer.status_code != httpx.codes.OK or not isinstance(read, dict):
            raise Unreachable(f"{self.issuer} answers {answer.status_code} when asked about signing on.")
        return read


def _must_be_private(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme != "http" or not _is_here(parts.hostname or ""):
        raise Unreadable(f"MAILINGS_OIDC_ISSUER: {address} is not https; anybody on the way could sign in as anybody.")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _quoted(text: str) -> str:
    return quote_plus(text)  # RFC 6749, 2.3.1: form-encoded before it becomes Basic
