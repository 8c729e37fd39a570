"""A mail server with TLS and logins (aiosmtpd), its certificate from an authority of the tests' own (trustme)."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


@dataclass
class Guarded:
    """What came in. `names` = who logged in with which mechanism."""

    port: int
    ca_file: Path
    messages: list[tuple[str, bytes]] = field(default_factory=list)
    logins: list[tuple[str, bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        """Keep the message."""
        self.encrypted.append(session.ssl is not None)
        self.messages.append((envelope.rcpt_tos[0], envelope.content))
        return "250 2.0.0 Ok"

    def authenticate(self, _server: SMTP, _session: object, _envelope: object, mechanism: str, given: LoginPassword) -> AuthResult:
        """Let in whoever knows the password."""
        self.logins.append((mechanism, given.login))
        return AuthResult(success=given.password == "blåbær".encode(), handled=False)  # handled: aiosmtpd answers 535 by itself


class _Controller(Controller):
    def __init__(self, state: Guarded, tls: ssl.SSLContext | None, implicit: bool, **options: Any) -> None:
        self._implicit = tls if implicit else None
        starttls = None if implicit else tls
        super().__init__(
            state,
            hostname="127.0.0.1",
            port=0,
            ssl_context=self._implicit,
            tls_context=starttls,
            authenticator=state.authenticate,
            enable_SMTPUTF8=True,
            ready_timeout=60,
            **options,
        )

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # the one the system chose
        super()._trigger_server()


@contextmanager
def guarded(folder: Path, *, tls: bool = True, implicit: bool = False, name: str = "localhost", **options: Any) -> Iterator[Guarded]:
    """A running server whose certificate is for `name`; `options` as aiosmtpd's SMTP takes them."""
    authority = trustme.CA()
    ca_file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    state = Guarded(0, ca_file)
    controller = _Controller(state, context if tls else None, implicit, **options)
    controller.start()
    state.port = controller.port
    try:
        yield state
    finally:
        controller.stop()
