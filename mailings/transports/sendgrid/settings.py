"""What an installation decides about SendGrid: environment variables `MAILINGS_SENDGRID_*`, or the file `.env`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict
from sendgrid.base_interface import region_host_dict

from mailings.transports._settings import TransportSettings

LOOPBACK = ("127.0.0.1", "::1", "localhost")
HOST = "MAILINGS_SENDGRID_HOST"


class Settings(TransportSettings):
    """Whose account it is, and how to speak to it. timeout: seconds to wait for an answer once the whole request is written."""

    model_config = SettingsConfigDict(env_prefix="MAILINGS_SENDGRID_", env_file=".env", extra="ignore", frozen=True)

    api_key: SecretStr = SecretStr("")
    host: str | None = Field(default=None, pattern=r"^https?://[^/\s?#@]+$", description="another address of the API; goes before region")
    region: Literal["global", "eu"] = "global"
    connections: int = Field(default=2, ge=1, le=16, description="requests under way at a time")
    timeout: float = Field(default=60, gt=0)
    sandbox: bool = False
    webhook_key: str = Field(default="", description="the event webhook's public key, as SendGrid shows it")

    @property
    def address(self) -> str:
        """Where the API is, without a slash at the end."""
        return self.host or str(region_host_dict[self.region])

    def problems(self) -> Iterator[str]:
        """What keeps us from using it, one sentence each."""
        key = self.api_key.get_secret_value().strip()
        if not key:
            yield "MAILINGS_SENDGRID_API_KEY is not set; make a key with the right Mail Send at app.sendgrid.com, Settings, API Keys."
        elif not re.fullmatch(r"[!-~]+", key):
            yield "MAILINGS_SENDGRID_API_KEY holds a space or a sign that no key has; copy it once more."
        parts = urlsplit(self.address)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            yield f"{HOST}: {self.address} would show the API key to everybody on the way; write https."
