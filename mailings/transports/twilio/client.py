"""Twilio's own client on lines of ours: the stock one keeps ten, waits for ever, follows a proxy's settings, and logs every number."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from mailings import seams
from mailings.errors import MailingsError
from mailings.seams import Seam
from mailings.transports._lines import Answer, Lines
from mailings.transports.twilio.settings import Settings


class NotTaken(MailingsError):
    """Twilio answered, and did not say yes. Raised before the SDK makes an exception of its own, which forgets the headers."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"Twilio answered {answer.status_code}.")
        self.answer = answer


class PooledClient(HttpClient):  # type: ignore[misc]  # it comes without types
    """What the SDK speaks through. For several threads; a request is made once, never again by itself."""

    def __init__(self, lines: Lines, timeout: float) -> None:
        self.is_async, self.timeout = False, timeout  # what the SDK looks at; its own __init__ wants a logger
        self._lines = lines

    def request(self, method: str, uri: str, **asked: Any) -> Response:
        """One exchange. Raises Lost when no answer came, another TransportError when nothing was sent, NotTaken for every other answer."""
        query = f"?{urlencode(asked['params'])}" if asked.get("params") else ""
        body = urlencode(asked["data"], doseq=True).encode("ascii") if asked.get("data") else None
        headers = dict(asked.get("headers") or {}) | _signed(asked.get("auth"))
        line = self._lines.take()
        if method == "POST":
            seams.before(Seam.HAND_OVER)
        answer = line.exchange((method, "/" + uri.split("/", 3)[3] + query), headers, body)
        if method == "POST":
            seams.after(Seam.HAND_OVER)
        self._lines.give_back(line)
        if not 200 <= answer.status_code < 300:
            raise NotTaken(answer)
        return Response(answer.status_code, answer.body.decode("utf-8", "replace"), dict(answer.headers))


def api(settings: Settings, lines: Lines) -> Client:
    """Twilio's client for that account, over those lines. Neither edge nor region is read from the environment: the host says it."""
    known = (settings.account, (settings.tokens or [""])[0])
    made = Client(*known, http_client=PooledClient(lines, settings.timeout), environment={"": ""})
    made.api.base_url = settings.host
    return made


def _signed(auth: tuple[str, str] | None) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(":".join(auth).encode()).decode("ascii")} if auth else {}
