"""A mailing through a real Postfix before one that refuses: what comes back, by Maildir and IMAP, is the truth of each recipient."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text

from tests.servers import dovecot as imap
from tests.servers.postfix import IMPATIENT, Postfix, keeping, may_run, postfix
from tests.stories.conftest import Office

pytestmark = [
    pytest.mark.slow,
    pytest.mark.prefect,
    pytest.mark.xdist_group("stories"),
    pytest.mark.skipif(not may_run(), reason="Postfix is not installed, or this user may not start it"),
]

PEOPLE = 40
#: what the receiving server answers to every tenth address, and what that is: status, kind and cause
TRUTH = {
    0: ("550 5.1.1 User unknown in virtual mailbox table", ("bounced", "hard", "mailbox")),
    1: ("552 5.2.2 Mailbox full", ("bounced", "soft", "full")),
    2: ("550 5.7.1 Blocked using zen.spamhaus.org", ("bounced", "policy", "reputation")),
    3: ("450 4.2.2 Over quota, try again later", ("bounced", "soft", "full")),
}
SENT = ("sent", None, None)


@contextmanager
def relay() -> Iterator[Postfix]:
    """The installation's own server, before one that refuses; it writes its reports into a Maildir, and gives up after seconds."""
    answers = {f"ase{n:05}@fjord.test": TRUTH[n % 10][0] for n in range(PEOPLE) if n % 10 in TRUTH}
    with postfix(answers) as port:
        onwards = {"fjord.test": f"smtp:[127.0.0.1]:{port}"}
        with keeping("retur.acme.test", transports=onwards, more=IMPATIENT) as server:
            yield server


def settings(server: Postfix) -> dict[str, str]:
    """How this installation sends, and where its mail comes back to."""
    smtp = {"EMAIL_TRANSPORT": "smtp", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(server.port)}
    returns = {"BOUNCE_ADDRESS": "bounces@retur.acme.test", "BOUNCE_MAILBOX": f"maildir:{server.mail}"}
    return {f"MAILINGS_{name}": value for name, value in (smtp | returns).items()}


def until_returned(server: Postfix, expected: int) -> None:
    """Wait until so many reports lie in the mailbox."""
    for _ in range(3000):  # a tenth of a second each; on a quiet machine all is back in ten
        if server.mail.exists() and len(list((server.mail / "new").iterdir())) >= expected:
            return
        time.sleep(0.1)
    pytest.fail(f"not all came back: {server.log.read_text()[-2000:]}")


def stands(desk: Office) -> dict[int, tuple[object, ...]]:
    """What the books say of each recipient, by the number in the address."""
    asked = "SELECT r.address, d.status, d.bounce, d.bounce_why FROM delivery d JOIN recipient r ON r.id = d.recipient_id"
    with desk.db.reading() as session:
        return {int(row[0][3:8]): tuple(row[1:]) for row in session.execute(text(asked))}


def look(desk: Office, **settings: str) -> dict[str, object]:
    """What `mailings bounces collect --json` prints."""
    desk.environment |= {f"MAILINGS_{name}": value for name, value in settings.items()}
    found = desk.command("bounces", "collect", "--json")
    assert found.returncode == 0, found.stderr
    document: dict[str, object] = orjson.loads(found.stdout)
    return document


@contextmanager
def ways(server: Postfix, first: str) -> Iterator[list[dict[str, str]]]:
    """The settings of both ways into the mailbox, the one to begin with first."""
    with imap.dovecot(Path(server.mail)) as running:
        over = {"BOUNCE_MAILBOX": running.url(), "BOUNCE_PASSWORD": imap.PASSWORD, "BOUNCE_CA_FILE": str(running.ca_file)}
        both = [{"BOUNCE_MAILBOX": f"maildir:{server.mail}"}, over]
        yield both if first == "maildir" else both[::-1]


@pytest.mark.parametrize(
    "first", ["maildir", pytest.param("imap", marks=pytest.mark.skipif(not imap.may_run(), reason="dovecot-imapd is not installed"))]
)
def test_what_came_back(office: Callable[..., Office], first: str) -> None:
    """Everybody stands as the receiving server decided; read by the other way into the same mailbox it is no news, nor the next time."""
    bounced = sum(n % 10 in TRUTH for n in range(PEOPLE))
    with relay() as server:
        desk = office(PEOPLE, **settings(server))
        assert desk.command("send", "host-nytt", "--json").returncode == 0
        until_returned(server, bounced)
        if not imap.may_run():
            found = [look(desk), look(desk)]
        else:
            with ways(server, first) as (one, other):
                found = [look(desk, **one), look(desk, **one), look(desk, **other)]
    assert [(each["read"], each["new"]) for each in found] == [(bounced, bounced), (0, 0), (bounced, 0)][: len(found)]
    assert {name: found[0][name] for name in ("bounces", "unknown", "broken")} == {"bounces": bounced, "unknown": 0, "broken": 0}
    assert stands(desk) == {n: TRUTH[n % 10][1] if n % 10 in TRUTH else SENT for n in range(PEOPLE)}
    told = desk.command("bounces", "list", "--mailing", "host-nytt", "--json")
    assert {row["address"] for row in orjson.loads(told.stdout)} == {f"ase{n:05}@fjord.test" for n in range(PEOPLE) if n % 10 in TRUTH}
    assert orjson.loads(desk.command("bounces", "list", "--json").stdout) == []  # one bounce blocks nobody
