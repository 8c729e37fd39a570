"""A whole mailing through SendGrid's double: in few requests, past refusals, a 429 and a kill; nobody twice. Real processes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.doubles.saying import SILENCE
from tests.doubles.sendgrid import KEY, Double, says, sendgrid
from tests.stories.conftest import Office
from tests.stories.test_killed import forgotten

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("stories")]

PEOPLE = 3000
SPOILED = ("ase00007@fjord.test", "ase02999@fjord.test")


@pytest.fixture
def double() -> Iterator[Double]:
    """SendGrid, as far as one can know it."""
    with sendgrid() as running:
        yield running


def by(double: Double, **more: str) -> dict[str, str]:
    """The settings of an installation that sends through it."""
    ours = {"MAILINGS_EMAIL_TRANSPORT": "sendgrid", "MAILINGS_SENDGRID_API_KEY": KEY, "MAILINGS_RETRY_FIRST_WAIT": "0.5"}
    return ours | {"MAILINGS_SENDGRID_HOST": f"http://127.0.0.1:{double.port}"} | more


def served(double: Double) -> Counter[str]:
    """How many messages each address got."""
    return Counter(taken.address for taken in double.taken)


def test_in_few_requests(office: Callable[..., Office], double: Double) -> None:
    """3,000 people are at most four requests, and one more for those it refuses by name; they alone have failed."""
    double.named = dict.fromkeys(SPOILED, "Does not contain a valid address.")
    desk = office(PEOPLE, **by(double))
    sent = desk.command("send", "host-nytt", "--json")
    assert sent.returncode == 0, sent.stderr
    after = desk.status()
    assert (after["status"], after["balanced"]) == ("sent", True)
    assert (after["deliveries"]["sent"], after["deliveries"]["failed"]) == (PEOPLE - 2, 2)
    assert len(double.bodies) <= 4 + len(SPOILED)
    assert set(served(double).values()) == {1}
    assert len(double.taken) == PEOPLE - 2
    one = next(taken for taken in double.taken if taken.address == "ase00042@fjord.test")
    assert one.subject == "Åse Ødegård 42, høsten er her"
    assert "<p>Kjære Åse Ødegård 42, blåbærene er modne på Østlandet.</p>" in one.html
    assert one.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("any_db", ["sqlite"], indirect=True)
def test_asked_to_wait(office: Callable[..., Office], double: Double) -> None:
    """A 429 in the middle costs nobody a message: the same run waits as long as it was asked to, and goes on more slowly."""
    double.next.extend([says(429, "too many requests", Retry_After="2")])
    desk = office(PEOPLE, **by(double, MAILINGS_SENDGRID_CONNECTIONS="1"))
    sent = desk.command("send", "host-nytt", "--json")
    assert sent.returncode == 0, sent.stderr
    after = desk.status()
    assert (after["status"], after["balanced"], after["deliveries"]["sent"]) == ("sent", True, PEOPLE)
    assert set(served(double).values()) == {1}
    assert len(double.taken) == PEOPLE


def test_killed_in_between(office: Callable[..., Office], double: Double) -> None:
    """Kill -9 while a request has no answer yet: the second run serves everybody else, at most once; those it held are in doubt."""
    desk = office(PEOPLE, **by(double, MAILINGS_SENDGRID_CONNECTIONS="1"))
    double.always = SILENCE
    with desk.started("send", "host-nytt") as first:
        until = time.monotonic() + 60
        while not double.bodies:
            assert first.poll() is None, first.communicate()
            assert time.monotonic() < until
            time.sleep(0.02)
        first.kill()
        first.wait(60)
    forgotten(desk.db)
    double.always = None
    killed = desk.status()["deliveries"]
    assert 1000 <= killed["sending"] <= 2000
    second = desk.command("send", "host-nytt", "--json")
    assert second.returncode == 0, second.stderr
    after = desk.status()
    found = after["deliveries"]
    assert (after["status"], after["balanced"]) == ("sent", True)
    assert found["in_doubt"] == killed["sending"]
    assert found["sent"] + found["in_doubt"] == PEOPLE
    assert set(served(double).values()) == {1}
