"""A whole mailing of text messages through Twilio's stand-in: killed in the middle, nobody twice, its doubt settled. Real processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from mailings.audience.drafts import push
from mailings.db import Database
from tests.doubles.twilio import ACCOUNT, SENDER, TOKEN
from tests.servers.emulate import Emulate, emulate, program
from tests.servers.sink import free_port
from tests.stories.conftest import Office, environment_of
from tests.web.process import served

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.xdist_group("stories"),
    pytest.mark.skipif(program() is None, reason="emulate is not installed (npm): tests against Twilio's stand-in are left out"),
]

PEOPLE = 400
MAILING = f"""
name: host-nytt
type: sms
sources:
  - {{import: people.csv, consent: legitimate_interest, unknown: keep}}
sms: {{sender: "{SENDER}", text: "Kjære [[ customer.name ]], blåbærene er modne."}}
"""


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Emulate]:
    """Twilio's stand-in."""
    with emulate(tmp_path) as running:
        yield running


@pytest.fixture
def desk(any_db: Database, tmp_path: Path, server_url: str, far: Emulate) -> Office:
    """A mailing of text messages, pushed and not yet sent; nobody is at the public address unless a test opens the door."""
    folder = tmp_path / "host-nytt"
    folder.mkdir()
    (folder / "mailing.yaml").write_text(MAILING)
    (folder / "people.csv").write_text("\n".join(["name,email,mobile", *(f"Åse Ødegård {n},,{number(n)}" for n in range(PEOPLE))]))
    with any_db.writing() as session:
        push(session, folder)
    twilio = {"ACCOUNT": ACCOUNT, "TOKEN": TOKEN, "HOST": f"http://127.0.0.1:{far.port}", "CONNECTIONS": "4"}
    ours = {f"MAILINGS_TWILIO_{name}": value for name, value in twilio.items()}
    ours |= {
        "MAILINGS_SMS_TRANSPORT": "twilio",
        "MAILINGS_PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
        "MAILINGS_RETRY_FIRST_WAIT": "0.5",
    }
    return Office(tmp_path, any_db, environment_of(any_db, server_url) | ours)


def number(nth: int) -> str:
    """Somebody's mobile."""
    return f"+4799{880000 + nth}"


def taken(far: Emulate) -> Counter[str]:
    """How many messages each number got."""
    return Counter(str(one["to"]) for one in far.messages())


@pytest.mark.parametrize("any_db", ["sqlite"], indirect=True)
def test_killed_and_settled_by_its_list(desk: Office, far: Emulate) -> None:
    """Kill -9 in the middle: what was in hand is in doubt and told; Twilio's list says which of it went out; nobody gets it twice."""
    desk.killed_at(100, "send", "host-nytt")
    second = desk.command("send", "host-nytt", "--json")
    assert second.returncode == 0, second.stderr
    after = desk.status()
    found = after["deliveries"]
    assert (after["status"], after["balanced"]) == ("sent", True)
    assert found["in_doubt"] > 0
    assert found["sent"] + found["in_doubt"] == PEOPLE
    assert set(taken(far).values()) == {1}
    settled = desk.command("settle", "host-nytt", "--json")
    assert settled.returncode == 0, settled.stderr
    after = desk.status()["deliveries"]
    assert after["sent"] == sum(taken(far).values())
    assert after["sent"] + after["in_doubt"] == PEOPLE
    if after["in_doubt"]:  # not handed over when it was killed: a person says so
        assert desk.command("settle", "host-nytt", "--as", "queued").returncode == 0
        assert desk.command("send", "host-nytt").returncode == 0
    assert taken(far) == Counter(number(n) for n in range(PEOPLE))


@pytest.mark.parametrize("any_db", ["sqlite"], indirect=True)
def test_told_while_it_is_sent(desk: Office, far: Emulate) -> None:
    """With the door open Twilio tells of each message before it answers, and later that one arrived."""
    public = desk.environment["MAILINGS_PUBLIC_URL"]
    told = {"MAILINGS_TWILIO_TOKEN": TOKEN, "MAILINGS_PUBLIC_URL": public, "MAILINGS_SECRET": desk.environment["MAILINGS_SECRET"]}
    with served(desk.db, desk.folder, port=int(public.rpartition(":")[2]), **told):
        sent = desk.command("send", "host-nytt", "--json")
        assert sent.returncode == 0, sent.stderr
        assert orjson.loads(sent.stdout)["deliveries"]["sent"] == PEOPLE
        for one in far.messages(number(7)):
            far.becomes(str(one["sid"]), "delivered")
    found = desk.status()["deliveries"]
    assert (found["delivered"], found["sent"]) == (1, PEOPLE - 1)
    assert set(taken(far).values()) == {1}
