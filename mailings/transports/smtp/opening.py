"""How a conversation opens, from the greeting to a line that can carry letters. Pure: replies in, commands out (RFC 5321, 3207, 4954)."""

from __future__ import annotations

import base64
import re
from collections.abc import Generator
from dataclasses import dataclass

from mailings.errors import Misconfigured, TransportError, TryLater
from mailings.transports.smtp.replies import Reply
from mailings.transports.smtp.settings import Settings

#: Sent instead of a command: the bytes from here on go through TLS.
START_TLS = None


@dataclass(frozen=True, slots=True)
class Offered:
    """What the server said it can do. `size` in bytes, 0 = no limit named."""

    pipelining: bool = False
    eight_bit: bool = False
    smtputf8: bool = False
    sizes: bool = False
    size: int = 0
    starttls: bool = False
    logins: frozenset[str] = frozenset()

    @classmethod
    def read(cls, reply: Reply) -> Offered:
        """From the reply to EHLO; what nobody knows is passed over."""
        words: dict[str, list[str]] = {}
        for line in reply.text.split("\n")[1:]:
            name, *values = line.upper().replace("AUTH=", "AUTH ").split() or [""]
            words.setdefault(name, []).extend(values)
        limit = "".join(words.get("SIZE", [])[:1])
        return cls(
            pipelining="PIPELINING" in words,
            eight_bit="8BITMIME" in words,
            smtputf8="SMTPUTF8" in words,
            sizes="SIZE" in words,
            size=int(limit) if re.fullmatch("[0-9]{1,18}", limit) else 0,
            starttls="STARTTLS" in words,
            logins=frozenset(words.get("AUTH", [])),
        )


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening. `secure`: TLS is on from the first byte. `local`: the server is on this machine's loopback."""

    settings: Settings
    name: str
    local: bool = False
    secure: bool = False

    def talk(self) -> Generator[bytes | None, Reply, Offered]:
        """Yields what to send (START_TLS = turn on TLS), receives each reply, returns what the server offers.

        Raises TryLater where the server cannot now, Misconfigured where a person must change a setting.
        """
        greeting = yield b""
        if greeting.code != 220:
            raise self._trouble(greeting, "does not take our connection")
        offered = yield from self._greet()
        secure = self.secure
        if not secure and self._wants_tls(offered):
            reply = yield b"STARTTLS\r\n"
            if reply.code != 220:
                raise self._trouble(reply, "refused STARTTLS")
            yield START_TLS
            offered = yield from self._greet()
            secure = True
        if self.settings.user is not None:
            yield from self._log_in(offered, secure)
        return offered

    def _greet(self) -> Generator[bytes | None, Reply, Offered]:
        reply = yield f"EHLO {self.name}\r\n".encode("ascii")
        if reply.positive:
            return Offered.read(reply)
        if reply.code == 421:
            raise self._trouble(reply, "closes the connection")
        reply = yield f"HELO {self.name}\r\n".encode("ascii")  # a server from before 1995
        if not reply.positive:
            raise self._trouble(reply, "refused our greeting; MAILINGS_SMTP_HELO sets the name we give")
        return Offered()

    def _wants_tls(self, offered: Offered) -> bool:
        if self.settings.tls == "starttls" and not offered.starttls:
            raise Misconfigured(
                f"The server {self.settings.server} does not offer STARTTLS; set MAILINGS_SMTP_TLS to implicit, auto or none."
            )
        return self.settings.tls == "starttls" or (self.settings.tls == "auto" and offered.starttls and not self.local)

    def _log_in(self, offered: Offered, secure: bool) -> Generator[bytes | None, Reply, None]:
        server = self.settings.server
        if not secure and not self.local:
            raise Misconfigured(
                f"The password would go to {server} unencrypted, so it was not sent; set MAILINGS_SMTP_TLS=starttls or implicit."
            )
        user, secret = self.settings.user or "", self.settings.password.get_secret_value() if self.settings.password else ""
        if "PLAIN" in offered.logins:
            reply = yield b"AUTH PLAIN " + base64.b64encode(f"\0{user}\0{secret}".encode()) + b"\r\n"
        elif "LOGIN" in offered.logins:
            reply = yield b"AUTH LOGIN\r\n"
            for word in (user, secret):
                if reply.code == 334:
                    reply = yield base64.b64encode(word.encode()) + b"\r\n"
        else:
            raise Misconfigured(
                f"The server {server} offers no login we know (PLAIN, LOGIN); unset MAILINGS_SMTP_USER or name another server."
            )
        if reply.code != 235:
            raise self._trouble(reply, f"refused the login of {user}; check MAILINGS_SMTP_USER and MAILINGS_SMTP_PASSWORD")

    def _trouble(self, reply: Reply, what: str) -> TransportError:
        said = f"The server {self.settings.server} {what}. It said: {reply}"
        return Misconfigured(said) if reply.code >= 500 else TryLater(said)
