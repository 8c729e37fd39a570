"""A folder of an IMAP server (RFC 3501), opened for reading only: no message is marked, moved or deleted."""

from __future__ import annotations

import re
import ssl
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from imaplib import IMAP4, IMAP4_SSL
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple, Self

from mailings import clock
from mailings.channels.email.mailboxes.letters import LARGEST, SETTING, Letter, in_portions
from mailings.errors import MailingsError, Misconfigured, Unreachable, Unreadable

TIMEOUT = 30.0  # seconds for every answer
TOGETHER = 16  # messages fetched by one command: at most 4 MiB in memory
WINDOW = 20_000  # numbers asked for at once: imaplib takes an answer of a million bytes, and a mailbox may have more
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID = re.compile(rb"\bUID (\d+)")
_ARRIVED = re.compile(rb'INTERNALDATE "([ \d]\d-\w{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4})"')


class Account(NamedTuple):
    """Whose folder on which server. `secure` = TLS from the first byte."""

    host: str
    port: int
    user: str
    folder: str
    secure: bool


class Imap:
    """A folder by its account. A message's name is `UIDVALIDITY.UID`: the server's number of it, for as long as it keeps its numbers."""

    in_order = True

    def __init__(self, account: Account, password: str, ca_file: Path | None = None) -> None:
        self.account = account
        standard = 993 if account.secure else 143
        port = "" if account.port == standard else f":{account.port}"
        self.shown = f"imap{'s' if account.secure else ''}://{account.user}@{account.host}{port}/{account.folder}"
        self._password, self._ca_file = password, ca_file
        self._connection: IMAP4 | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failed: object) -> None:
        if self._connection is not None:
            with suppress(IMAP4.error, OSError):
                self._connection.logout()
            self._connection = None

    def names(self, after: str | None = None) -> Iterator[list[str]]:
        """The names of the messages behind `after`, in order; of all, where the server numbers them anew since."""
        with self._said_plainly():
            validity, last = self._number("UIDVALIDITY"), 0
            if after is not None and after.startswith(f"{validity}."):
                last = int(after.partition(".")[2])
            for uids in self._search(last, "ALL"):
                yield [f"{validity}.{uid}" for uid in uids]

    def letters(self, names: Sequence[str]) -> Iterator[Letter]:
        """The messages of these names, in order; one that was deleted meanwhile is left out."""
        for some in in_portions((int(name.partition(".")[2]) for name in names), TOGETHER):
            validity = names[0].partition(".")[0]
            for uid, arrived, content in self._fetched(some):
                yield Letter(f"{validity}.{uid}", arrived, content)

    def since(self, moment: float) -> Iterator[bytes]:
        """The beginnings of the messages that arrived since the day before: servers know days only, of a zone of their own."""
        day = datetime.fromtimestamp(moment, UTC) - timedelta(days=1)
        with self._said_plainly():
            for uids in self._search(0, f"SINCE {day.day}-{MONTHS[day.month - 1]}-{day.year}"):
                for some in in_portions(uids, TOGETHER):
                    yield from (content for _, _, content in self._fetched(some))

    def _search(self, last: int, wanted: str) -> Iterator[list[int]]:
        first, end = last + 1, self._number("UIDNEXT")
        while first < end:
            answer = self._asked("SEARCH", f"UID {first}:{min(first + WINDOW, end) - 1} {wanted}")
            uids = sorted(int(uid) for line in answer if isinstance(line, bytes) for uid in line.split())
            if found := [uid for uid in uids if uid > last]:
                yield found
            first += WINDOW

    def _fetched(self, uids: Sequence[int]) -> list[tuple[int, datetime, bytes]]:
        with self._said_plainly():
            answer = self._asked("FETCH", ",".join(map(str, uids)), f"(UID INTERNALDATE BODY.PEEK[]<0.{LARGEST}>)")
        behind = [line if isinstance(line, bytes) else b"" for line in answer[1:]] + [b""]  # some tell the rest after the message
        found = [_message(line[0] + b" " + after, line[1]) for line, after in zip(answer, behind, strict=True) if isinstance(line, tuple)]
        return sorted(one for one in found if one is not None and one[0] in uids)

    def _asked(self, command: str, *arguments: str) -> list[Any]:
        kind, answer = self._open().uid(command, *arguments)
        if kind != "OK":
            raise Unreadable(f"{SETTING}: {self.account.host} does not answer {command} ({_words(answer)}).")
        return list(answer)

    def _number(self, what: str) -> int:
        _, found = self._open().response(what)
        told = [int(number) for number in found if number and number.isdigit()]
        if told:
            self._told[what] = told[-1]
        if what not in self._told:
            raise Unreadable(f"{SETTING}: {self.account.host} does not tell the {what} of the folder {self.account.folder}.")
        return self._told[what]

    def _open(self) -> IMAP4:
        if self._connection is None:
            self._told: dict[str, int] = {}
            self._connection = _connected(self.account, self._ca_file)
            _log_in(self._connection, self.account, self._password)
            kind, answer = self._connection.select(f'"{_folder(self.account.folder)}"', readonly=True)
            if kind != "OK":
                raise Misconfigured(
                    f"{SETTING}: {self.account.user} has no folder {self.account.folder} at {self.account.host} ({_words(answer)})."
                )
        return self._connection

    @contextmanager
    def _said_plainly(self) -> Iterator[None]:
        where = f"{SETTING}: the mail server {self.account.host}:{self.account.port}"
        try:
            yield
        except MailingsError:
            raise
        except ssl.SSLCertVerificationError as error:
            raise Misconfigured(f"{where} has a certificate that is not to be trusted ({error.verify_message}).") from error
        except (OSError, IMAP4.error) as error:
            why = "it does not answer in time" if isinstance(error, TimeoutError) else _words([str(error)]) or type(error).__name__
            raise Unreachable(f"{where} cannot be read: {why}.") from error


def _connected(account: Account, ca_file: Path | None) -> IMAP4:
    """A connection nobody else can listen to. Certificates are always checked; without TLS only towards loopback, as with SMTP."""
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    if account.secure:
        return IMAP4_SSL(account.host, account.port, ssl_context=context, timeout=TIMEOUT)
    connection = IMAP4(account.host, account.port, timeout=TIMEOUT)
    if ip_address(connection.socket().getpeername()[0].partition("%")[0]).is_loopback:
        return connection
    if "STARTTLS" not in connection.capabilities:
        connection.shutdown()
        raise Misconfigured(f"{SETTING}: {account.host} offers no TLS on port {account.port}, so no password goes there; write imaps://.")
    connection.starttls(ssl_context=context)
    return connection


def _log_in(connection: IMAP4, account: Account, password: str) -> None:
    try:
        if "AUTH=PLAIN" in connection.capabilities:  # any letters; LOGIN takes ASCII only
            connection.authenticate("PLAIN", lambda _challenge: f"\0{account.user}\0{password}".encode())
        else:
            connection.login(account.user, password)
    except IMAP4.abort:
        raise
    except (IMAP4.error, UnicodeError) as error:
        raise Misconfigured(
            f"{SETTING}: {account.host} refuses the login of {account.user} ({_words([str(error)])}); check MAILINGS_BOUNCE_PASSWORD."
        ) from None


def _message(told: bytes, content: bytes) -> tuple[int, datetime, bytes] | None:
    uid, arrived = _UID.search(told), _ARRIVED.search(told)
    if uid is None:
        return None
    at = datetime.strptime(arrived[1].decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z") if arrived else clock.now()
    return int(uid[1]), at, content


def _folder(name: str) -> str:
    """The name as IMAP writes it: modified UTF-7 (RFC 3501, 5.1.3), quoted."""
    parts = re.split(r"([^ -~]+)", name.replace("&", "&-"))
    encoded = ["&" + b64encode(p.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-" for p in parts[1::2]]
    parts[1::2] = encoded
    return "".join(parts).replace("\\", "\\\\").replace('"', '\\"')


def _words(answer: Sequence[Any]) -> str:
    said = " ".join(part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in answer if part)
    return " ".join(said.split())[:200].rstrip(".")
