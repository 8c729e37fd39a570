"""Mail servers as they really are: whatever they do, the ledger says of each recipient what is true, and a person reads one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from sqlalchemy import text

from tests.prefect_tables import with_tables
from tests.servers.guarded import guarded
from tests.servers.mailbox import FULL, HANG_UP, Mailbox, mailbox
from tests.servers.sink import open_folder, program, sink
from tests.stories.conftest import Office
from tests.stories.test_killed import message_ids

pytestmark = [
    pytest.mark.slow,
    pytest.mark.prefect,
    pytest.mark.xdist_group("worlds"),
    pytest.mark.parametrize("any_db", ["sqlite"], indirect=True),  # the trouble is the server's; tests/sending has it on both databases
]

Furnished = Callable[..., Office]


@pytest.fixture
def server() -> Iterator[Mailbox]:
    """A mail server that does as it is told."""
    with mailbox() as box:
        yield box


def smtp(port: int, **more: object) -> dict[str, str]:
    """The settings that lead to the server on that port, `more` as MAILINGS_SMTP_* have it."""
    facts = {"HOST": "127.0.0.1", "PORT": port, "TIMEOUT": 60} | more
    return {"MAILINGS_EMAIL_TRANSPORT": "smtp"} | {f"MAILINGS_SMTP_{name}": str(value) for name, value in facts.items()}


def ledger(desk: Office, status: str) -> dict[str, str | None]:
    """Who stands so in the books, by the address's number, and the server's code."""
    asked = "SELECT r.address, d.code FROM delivery d JOIN recipient r ON r.id = d.recipient_id WHERE d.status = :status"
    with desk.db.reading() as session:
        return {address[3:8]: code for address, code in session.execute(text(asked), {"status": status})}


def in_one_sentence(found: CompletedProcess[str]) -> str:
    """What a person was told, which is no traceback."""
    assert "Traceback" not in found.stderr + found.stdout, found.stderr
    return found.stderr


def numbers(step: int, people: int) -> list[str]:
    """Every so many-th recipient's number as its address has it."""
    return [f"{n:05}" for n in range(step - 1, people, step)]


def test_some_later_some_never(office: Furnished, server: Mailbox) -> None:
    """451 to every 20th and 550 to every 50th of a thousand: the first are sent at the second attempt, the others failed, to the row."""
    never = numbers(50, 1000)
    later = [n for n in numbers(20, 1000) if n not in never]
    server.told |= {f"RCPT TO:<ase{n}@": "550 5.1.1 Ukjent bruker" for n in never}
    server.told |= {f"RCPT TO:<ase{n}@": ["451 4.7.1 Greylisted", "250 2.1.5 Ok"] for n in later}
    desk = office(1000, **smtp(server.port), MAILINGS_RETRY_FIRST_WAIT="1")
    found = desk.command("send", "host-nytt")
    assert found.returncode == 0, found.stderr
    assert f"host-nytt is finished with errors: {len(never)} failed." in in_one_sentence(found)
    assert ledger(desk, "failed") == dict.fromkeys(never, "550 5.1.1")
    assert sorted(ledger(desk, "sent")) == [f"{n:05}" for n in range(1000) if f"{n:05}" not in never]
    assert Counter(taken.recipient for taken in server.taken).most_common(1)[0][1] == 1
    with desk.db.reading() as session:
        tried = session.execute(text("SELECT attempts, count(*) FROM delivery GROUP BY attempts ORDER BY 1")).all()
    assert [tuple(row) for row in tried] == [(1, 1000 - len(later)), (2, len(later))]


def test_it_takes_the_message_and_hangs_up(office: Furnished, server: Mailbox) -> None:
    """A server that has the whole message and drops the line before its 250: exactly those are in doubt, and are not sent again."""
    lost = numbers(40, 200)
    server.told |= {f"END ase{n}@": HANG_UP for n in lost}
    desk = office(200, **smtp(server.port))
    found = desk.command("send", "host-nytt")
    assert f"host-nytt is finished with errors: {len(lost)} in doubt." in in_one_sentence(found)
    assert sorted(ledger(desk, "in_doubt")) == lost
    assert len(ledger(desk, "sent")) == 200 - len(lost)
    server.told.clear()
    assert "is already sent" in desk.command("send", "host-nytt").stderr
    assert server.bodies == 200


def test_words_that_come_byte_by_byte(office: Furnished, server: Mailbox) -> None:
    """Answers cut into single bytes on the wire are read as if they came whole."""
    server.drip = True
    server.told["RCPT TO:<ase00007@"] = "550-5.1.1 Denne\r\n550 5.1.1 finnes ikke"
    desk = office(60, **smtp(server.port))
    assert desk.command("send", "host-nytt").returncode == 0
    assert ledger(desk, "failed") == {"00007": "550 5.1.1"}
    assert len(server.taken) == 59


@pytest.mark.skipif(program("smtp-sink") is None, reason="smtp-sink (Debian's postfix) is not installed")
def test_a_server_from_another_age(office: Furnished) -> None:
    """Without PIPELINING, 8BITMIME and ESMTP at all: everybody's message is there, once, in seven bits."""
    with open_folder() as mail, sink("-p", "-8", "-e", dump=mail / "taken") as old:
        desk = office(300, **smtp(old.port))
        assert desk.command("send", "host-nytt").returncode == 0
        dump = old.dumped()
    assert len(ledger(desk, "sent")) == 300
    assert set(message_ids(dump).values()) == {1}
    assert len(message_ids(dump)) == 300
    assert "Content-Transfer-Encoding: quoted-printable" in dump


def test_encryption_that_was_taken_away(office: Furnished, server: Mailbox) -> None:
    """Where TLS is required and somebody took STARTTLS from the server's words, no name, password or message is said: paused, exit 1."""
    server.offers = (*FULL, "AUTH PLAIN LOGIN")
    desk = office(20, **smtp(server.port, TLS="starttls", USER="åse", PASSWORD="blåbær"))
    found = desk.command("send", "host-nytt")
    assert found.returncode == 1
    assert "does not offer STARTTLS; set MAILINGS_SMTP_TLS" in in_one_sentence(found)
    assert {command.split()[0] for command in server.commands} <= {"CONNECT", "EHLO", "QUIT"}
    assert len(ledger(desk, "queued")) == 20


def test_a_wrong_password(office: Furnished, tmp_path: Path) -> None:
    """A refused login pauses at once with the server's words, nobody failed; with the right one the same command sends to all."""
    with guarded(tmp_path, auth_required=True) as strict:
        facts = {"HOST": "localhost", "TLS": "starttls", "CA_FILE": strict.ca_file, "USER": "åse"}
        desk = office(20, **smtp(strict.port, **facts, PASSWORD="tyttebær"))
        found = desk.command("send", "host-nytt")
        assert found.returncode == 1
        assert "refused the login of åse" in in_one_sentence(found)
        assert "tyttebær" not in found.stderr + found.stdout
        assert len(ledger(desk, "queued")) == 20
        desk.environment["MAILINGS_SMTP_PASSWORD"] = "blåbær"
        assert desk.command("send", "host-nytt").returncode == 0
    assert len(ledger(desk, "sent")) == 20


def test_a_relay_that_denies_everybody(office: Furnished, server: Mailbox) -> None:
    """554 relay denied to everybody fails nobody: paused with the sentence after a few, and sent to all once it is mended."""
    server.told["RCPT"] = "554 5.7.1 Relay access denied"
    desk = office(500, **smtp(server.port))
    found = desk.command("send", "host-nytt")
    assert found.returncode == 1
    assert "with the same words and accepted nobody: 554 5.7.1 Relay access denied" in in_one_sentence(found)
    assert len(ledger(desk, "queued")) == 500
    assert sum(command.startswith("RCPT") for command in server.commands) < 100
    server.told.clear()
    assert desk.command("send", "host-nytt").returncode == 0
    assert len(server.taken) == len(ledger(desk, "sent")) == 500


def test_without_a_server_it_waits_to_the_end(office: Furnished, server: Mailbox) -> None:
    """`mailings send` with no Prefect server waits for who is to be tried later, and says for whom and until when."""
    server.told |= {f"RCPT TO:<ase{n}@": ["451 4.7.1 Greylisted", "250 2.1.5 Ok"] for n in ("00003", "00009")}
    desk = office(12, **smtp(server.port), MAILINGS_RETRY_FIRST_WAIT="15")  # longer than a portion takes to end
    desk.environment.pop("PREFECT_API_URL")
    desk.environment["PREFECT_HOME"] = str(desk.folder / "prefect")
    with_tables(desk.folder / "var" / "prefect")
    found = desk.command("send", "host-nytt", "--json")
    assert found.returncode == 0, found.stderr
    assert "host-nytt: 2 to be tried later (2 at fjord.test), next at " in in_one_sentence(found)
    assert "given up by " in found.stderr
    assert len(ledger(desk, "sent")) == len(server.taken) == 12
