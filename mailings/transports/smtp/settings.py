"""What an installation decides about SMTP: environment variables `MAILINGS_SMTP_*`, or the file `.env`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from mailings.transports._settings import TransportSettings
from mailings.transports.smtp.dkim import Signer, key_in

_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_SELECTOR = rf"^{_LABEL}(\.{_LABEL})*$"
_DOMAIN = rf"^{_LABEL}(\.{_LABEL})+$"

Tls = Literal["auto", "none", "starttls", "implicit"]


class Settings(TransportSettings):
    """Where the server is and how to speak to it.

    tls `auto`: implicit on port 465, none towards loopback, else STARTTLS where it is offered. Certificates are always checked.
    timeout: seconds to wait for the answer to a command; every other wait is a fixed share of it (see `line.PATIENCE`). 300 gives
    the least that RFC 5321, 4.5.3.2 asks for.
    """

    model_config = SettingsConfigDict(env_prefix="MAILINGS_SMTP_", env_file=".env", extra="ignore", frozen=True)

    host: str = Field(default="localhost", min_length=1)
    port: int = Field(default=25, ge=1, le=65535)
    user: str | None = None
    password: SecretStr | None = None
    tls: Tls = "auto"
    ca_file: Path | None = Field(default=None, description="certificates to trust instead of the system's (PEM)")
    connections: int = Field(default=10, ge=1, le=200)
    timeout: float = Field(default=300, gt=0)
    helo: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.:\[\]-]+$", description="the name we greet with; absent = this host's")
    log: Path | None = Field(default=None, description="the Postfix server's log, where this machine can read it: settles what is in doubt")
    dkim_key: Path | None = Field(default=None, description="private key (PEM, RSA or Ed25519) to sign messages with")
    dkim_selector: str | None = Field(default=None, pattern=_SELECTOR, description="the name its public half is published under")
    dkim_domain: str | None = Field(default=None, pattern=_DOMAIN, description="who signs; absent = the domain of each From")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("MAILINGS_SMTP_USER and MAILINGS_SMTP_PASSWORD must both be set, or neither")
        if self.ca_file is not None and not self.ca_file.is_file():
            raise ValueError(f"MAILINGS_SMTP_CA_FILE: there is no file {self.ca_file}")
        if (self.dkim_key is None) != (self.dkim_selector is None):
            raise ValueError("MAILINGS_SMTP_DKIM_KEY and MAILINGS_SMTP_DKIM_SELECTOR must both be set, or neither")
        if self.dkim_domain is not None and self.dkim_key is None:
            raise ValueError("MAILINGS_SMTP_DKIM_DOMAIN says who signs, and there is no key; set MAILINGS_SMTP_DKIM_KEY too")
        return self

    @property
    def server(self) -> str:
        """The server as sentences name it."""
        return f"{self.host}:{self.port}"

    def signer(self) -> Signer | None:
        """What signs the messages; None where no key is set. Raises Misconfigured for a key that cannot be used."""
        if self.dkim_key is None or self.dkim_selector is None:
            return None
        domain = self.dkim_domain.lower() if self.dkim_domain else None
        return Signer(key_in(self.dkim_key), self.dkim_selector.lower(), domain)
