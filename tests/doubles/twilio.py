"""Twilio as far as one can know it: a server on loopback that checks messages as the API does, keeps them, and lists them."""

from __future__ import annotations

import re
import threading
from base64 import b64encode
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson

from mailings.transports.twilio.settings import Settings
from tests.doubles.saying import Exchange, Says, serving

ACCOUNT, TOKEN = "AC" + "0" * 32, "twilio_test_auth_token"  # those of `emulate`, so that both take the same messages
SENDER = "+4799887000"
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 &+_.\-]{1,11}")


def says(status: int, code: int | None, message: str, **headers: str) -> Says:
    """An answer as the API gives it; `headers` with _ for -."""
    more = {"code": code, "more_info": f"https://www.twilio.com/docs/errors/{code}"} if code else {}
    body = orjson.dumps({"message": message, "status": status, **more})
    return Says(status, body, {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Type": "application/json"})


@dataclass(frozen=True)
class Taken:
    """One message as its recipient gets it."""

    sid: str
    to: str
    sender: str
    body: str
    callback: str
    at: datetime
    status: str = "queued"

    def told(self) -> dict[str, Any]:
        """As the API tells it."""
        when = format_datetime(self.at)
        return {
            "sid": self.sid, "to": self.to, "from": self.sender, "body": self.body, "status": self.status, "direction": "outbound-api",
            "account_sid": ACCOUNT, "date_created": when, "date_sent": when, "date_updated": when, "error_code": None,
            "error_message": None, "num_segments": "1", "num_media": "0", "price": None, "price_unit": "USD", "api_version": "2010-04-01",
            "messaging_service_sid": None, "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{self.sid}.json", "subresource_uris": {},
        }  # fmt: skip


@dataclass
class Double:
    """What it does, and what it took. `to` = answers by number, `next` to the next messages, `always` to all that follow."""

    port: int = 0
    to: dict[str, Says] = field(default_factory=dict)
    next: deque[Says] = field(default_factory=deque)
    always: Says | None = None
    taken: list[Taken] = field(default_factory=list)
    asked: int = 0  #: messages that came, taken or not
    questions: list[dict[str, str]] = field(default_factory=list)
    empty: int = 0  #: pages of the list with nothing on them, before the one with messages
    connections: int = 0
    most_at_once: int = 0
    meet: threading.Barrier | None = None  #: messages are answered together, so many at a time
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def settings(self, **facts: Any) -> Settings:
        """How to speak to it."""
        known = {"account": ACCOUNT, "token": TOKEN, "host": f"http://127.0.0.1:{self.port}", "timeout": 60, "_env_file": None}
        return Settings(**(known | facts))

    def answer(self, form: dict[str, str]) -> Says:
        """The answer to one message."""
        with self._lock:
            self.asked += 1
            told = self.next.popleft() if self.next else self.to.get(form.get("To", ""), self.always)
            wrong = fault(form)
            if told is not None and not told.takes:
                return told
            if wrong is not None:
                return wrong
            made = (form["To"], form.get("From", SENDER), form["Body"], form.get("StatusCallback", ""), datetime.now(UTC))
            self.taken.append(Taken(f"SM{self.asked:032x}", *made))
            body = orjson.dumps(self.taken[-1].told())
            return told or Says(201, body, {"Content-Type": "application/json"})

    def listed(self, asked: dict[str, str]) -> Says:
        """The messages to one number, the latest first."""
        self.questions.append(asked)
        nth = int(asked.get("Page", "0"))
        later = nth < self.empty
        found = [] if later else [one.told() for one in reversed(self.taken) if asked.get("To") in {None, one.to}]
        uri = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        following = f"{uri}?{urlencode(asked | {'Page': str(nth + 1)})}" if later else None
        page = {"messages": found, "page": nth, "page_size": 50, "uri": uri, "first_page_uri": uri, "next_page_uri": following}
        return Says(
            200, orjson.dumps(page | {"previous_page_uri": None, "start": 0, "end": len(found)}), {"Content-Type": "application/json"}
        )

    def came(self, by: int) -> None:
        """A message came (1) or was answered (-1)."""
        with self._lock:
            self._now += by
            self.most_at_once = max(self.most_at_once, self._now)


def fault(form: dict[str, str]) -> Says | None:
    """What is wrong with a message; None = it is taken."""
    if not _NUMBER.fullmatch(form.get("To", "")):
        return says(400, 21211, "The 'To' number is not a valid phone number.")
    if not form.get("MessagingServiceSid") and not (_NUMBER.fullmatch(form.get("From", "")) or _NAME.fullmatch(form.get("From", ""))):
        return says(400, 21603, "A 'From' phone number is required.")
    if not form.get("Body"):
        return says(400, 21619, "A text message body or media urls must be specified.")
    return says(400, 21617, "The concatenated message body exceeds the 1600 character limit.") if len(form["Body"]) > 1600 else None


class _Exchange(Exchange):
    double: Double

    def setup(self) -> None:
        super().setup()
        self.double.connections += 1

    def do_POST(self) -> None:  # noqa: N802  the standard library's name
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.double.came(1)
        try:
            if self.double.meet is not None:
                self.double.meet.wait(60)
            form = {name: values[0] for name, values in parse_qs(raw.decode(), keep_blank_values=True).items()}
            self.say(self._locked_out() or self.double.answer(form))
        finally:
            self.double.came(-1)

    def do_GET(self) -> None:  # noqa: N802
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self.say(self._locked_out() or self.double.listed(asked))

    def _locked_out(self) -> Says | None:
        if self.headers.get("Authorization") != "Basic " + b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode():
            return says(401, 20003, "Authenticate")
        there = urlsplit(self.path).path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        return None if there else says(404, 20404, "The requested resource was not found")


@contextmanager
def twilio() -> Iterator[Double]:
    """A running double."""
    double = Double()
    with serving(type("Exchange", (_Exchange,), {"double": double})) as double.port:
        yield double
