"""An OpenID provider on loopback: discovery, keys, the page where one signs on (which asks nothing), tokens signed with RSA."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "mailings-desk", "geheim: å/ä+ö"

Changed = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Issuer:
    """What the provider says, and how a test makes it lie. `asked` = the paths that were asked for."""

    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256"}))
    signs_with: RSAKey | None = None
    changes: Changed = field(default=lambda claims: claims)
    token: str | None = None
    discovery: dict[str, Any] = field(default_factory=dict)
    address: str = ""
    asked: list[str] = field(default_factory=list)
    posted: list[dict[str, str]] = field(default_factory=list)
    authorization: str = ""
    tokens: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def sign_on(self, address: str) -> str:
        """What a browser does there: follow the address, be recognised, and be sent back; where to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.address})}"

    def configuration(self) -> dict[str, Any]:
        """The discovery document."""
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": self.address} | {name: f"{self.address}/{path}" for name, path in names.items()} | self.discovery

    def keys(self) -> dict[str, Any]:
        """The public halves."""
        return {"keys": [self.key.as_dict(private=False)]}

    def redeemed(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """A code for tokens: good once, for whoever has the verifier and the client's secret."""
        self.posted.append(form)
        self.authorization = authorization
        asked = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or asked["code_challenge"] != proof or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]} | self.claims
        made = self.token or jwt.encode({"alg": "RS256", "kid": "one"}, self.changes(claims), self.signs_with or self.key)
        self.tokens.append(made)
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": made}


@contextmanager
def provider(**claims: Any) -> Iterator[Issuer]:
    """A provider that vouches for somebody with these claims."""
    issuer = Issuer(claims={"sub": "4711"} | claims)

    class Answers(BaseHTTPRequestHandler):
        """One request."""

        def do_GET(self) -> None:
            """Discovery and keys."""
            issuer.asked.append(self.path)
            found = {"/.well-known/openid-configuration": issuer.configuration, "/keys": issuer.keys}.get(self.path)
            self._say(200 if found else 404, found() if found else {})

        def do_POST(self) -> None:
            """The token endpoint."""
            issuer.asked.append(self.path)
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._say(*issuer.redeemed(form, self.headers.get("authorization", "")))

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def _say(self, status: int, document: dict[str, Any]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    issuer.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
