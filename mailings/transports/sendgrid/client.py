"""SendGrid's own client on lines of ours: the stock one opens a connection for every call, has no time-out, and logs the key."""

from __future__ import annotations

from typing import Any

from python_http_client import Client
from sendgrid import SendGridAPIClient

from mailings import seams
from mailings.seams import Seam
from mailings.transports._lines import Answer, Lines
from mailings.transports.sendgrid.settings import Settings


class PooledClient(Client):  # type: ignore[misc]  # it comes without types
    """`client.mail.send.post(...)` as the SDK has it; the verbs answer for every status and raise TransportError only.

    The SDK's verbs are replaced as a whole, not only their `_make_request`: they write the key and every address to the log's lowest
    level, build an opener for each call, and pass headers of one call on to all that follow.
    """

    def __init__(self, lines: Lines, **known: Any) -> None:
        super().__init__(**known)
        self._lines = lines

    def _build_client(self, name: str | None = None) -> PooledClient:
        return PooledClient(
            self._lines,
            host=self.host,
            request_headers=dict(self.request_headers),
            version=self._version,
            url_path=[*self._url_path, name] if name else self._url_path,
        )

    def get(self, query_params: dict[str, Any] | None = None) -> Answer:
        """Ask. Raises TransportError."""
        return self._exchange("GET", self._build_url(query_params), None)

    def post(self, request_body: bytes) -> Answer:
        """Hand over a body of JSON. Raises Lost when no answer came, and another TransportError when nothing was sent."""
        return self._exchange("POST", self._build_url(None), request_body)

    def _exchange(self, method: str, url: str, body: bytes | None) -> Answer:
        headers = self.request_headers | ({"Content-Type": "application/json"} if body is not None else {})
        line = self._lines.take()
        if body is not None:
            seams.before(Seam.HAND_OVER)
        answer = line.exchange((method, url.removeprefix(self.host)), headers, body)
        if body is not None:
            seams.after(Seam.HAND_OVER)
        self._lines.give_back(line)
        return answer


def api(settings: Settings, lines: Lines) -> SendGridAPIClient:
    """SendGrid's client for that account, over those lines."""
    made = SendGridAPIClient(settings.api_key.get_secret_value().strip(), host=settings.address)
    made.client = PooledClient(lines, host=made.host, request_headers=made._default_headers, version=3)  # private there, pinned by a test
    return made
