"""The way to the server: its addresses, the certificates we trust, the name we greet with."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass, field

from mailings.errors import Misconfigured, TryLater
from mailings.transports.smtp.opening import Opening
from mailings.transports.smtp.settings import Settings


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect to, as `socket.getaddrinfo` gives it."""

    family: int
    where: tuple[str | int | bytes, ...]

    @property
    def local(self) -> bool:
        """Whether it is this machine's loopback, which no stranger can listen to."""
        return ipaddress.ip_address(str(self.where[0]).partition("%")[0]).is_loopback


@dataclass(slots=True)
class Route:
    """One server's addresses, the one that answered last in front."""

    settings: Settings
    addresses: list[Address] = field(default_factory=list)
    _context: ssl.SSLContext | None = None

    def find(self) -> None:
        """Look the server up (the system's resolver has time-outs of its own). Raises TryLater, or Misconfigured for no such name."""
        settings = self.settings
        try:
            found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise TryLater(f"The name {settings.host} cannot be looked up now: {error.strerror}.") from error
            raise Misconfigured(f"There is no mail server named {settings.host}; check MAILINGS_SMTP_HOST.") from error
        except UnicodeError as error:
            raise Misconfigured(f"{settings.host!r} is no name of a server; check MAILINGS_SMTP_HOST.") from error
        self.addresses = list(dict.fromkeys(Address(family, where) for family, _, _, _, where in found))

    def pass_over(self, address: Address) -> None:
        """This one did not answer: it comes last from now on."""
        self.addresses.sort(key=lambda a: a == address)

    def opening(self, address: Address, own: str) -> Opening:
        """The opening talk over a connection to `address` from our own address `own`."""
        secure = self.settings.tls == "implicit" or (self.settings.tls == "auto" and self.settings.port == 465)
        return Opening(self.settings, self.settings.helo or _name(own), address.local, secure)

    def context(self) -> ssl.SSLContext:
        """What TLS is made with: the server's certificate and name are always checked. Raises Misconfigured for a wrong CA file."""
        if self._context is None:
            ca_file = self.settings.ca_file
            try:
                self._context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
            except OSError as error:
                raise Misconfigured(f"MAILINGS_SMTP_CA_FILE: {ca_file} holds no certificates that can be read; PEM is expected.") from error
        return self._context


def _name(own: str) -> str:
    # no look-up: a broken resolver would hold up every connection. Without a full name the address stands for it (RFC 5321, 4.1.4)
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name
    return f"[IPv6:{own}]" if ":" in own else f"[{own}]"
