"""What an installation decides about Twilio: environment variables `MAILINGS_TWILIO_*`, or the file `.env`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from mailings.transports._settings import TransportSettings

LOOPBACK = ("127.0.0.1", "::1", "localhost")
HOST = "MAILINGS_TWILIO_HOST"


class Settings(TransportSettings):
    """Whose account it is, and how to speak to it. timeout: seconds to wait for an answer once the whole request is written."""

    model_config = SettingsConfigDict(env_prefix="MAILINGS_TWILIO_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True)

    account: str = ""
    token: SecretStr = SecretStr("")  # several with a blank between: the first is used, callbacks are believed by any
    sender: str = Field(default="", validation_alias="MAILINGS_TWILIO_FROM", description="number or name for mailings that name none")
    messaging_service: str = ""
    host: str = Field(default="https://api.twilio.com", pattern=r"^https?://[^/\s?#@]+$", description="another address of the API")
    connections: int = Field(default=8, ge=1, le=64, description="requests under way at a time")
    timeout: float = Field(default=30, gt=0)

    @property
    def tokens(self) -> list[str]:
        """The auth tokens: while one is replaced, the new one and the old one."""
        return self.token.get_secret_value().split()

    def problems(self) -> Iterator[str]:
        """What keeps us from using it, one sentence each."""
        if not self.account:
            yield "MAILINGS_TWILIO_ACCOUNT is not set; copy the Account SID from console.twilio.com."
        elif not re.fullmatch(r"AC[0-9a-fA-F]{32}", self.account):
            yield "MAILINGS_TWILIO_ACCOUNT is no Account SID (AC and 32 digits or letters from a to f); copy it from console.twilio.com."
        if not self.tokens:
            yield "MAILINGS_TWILIO_TOKEN is not set; copy the Auth Token from console.twilio.com."
        elif not all(re.fullmatch(r"[!-~]+", token) for token in self.tokens):
            yield "MAILINGS_TWILIO_TOKEN holds a sign that no token has; copy it once more."
        if self.messaging_service and not re.fullmatch(r"MG[0-9a-fA-F]{32}", self.messaging_service):
            yield "MAILINGS_TWILIO_MESSAGING_SERVICE is no Messaging Service SID (MG and 32 digits or letters from a to f)."
        parts = urlsplit(self.host)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            yield f"{HOST}: {self.host} would show the token to everybody on the way; write https."
