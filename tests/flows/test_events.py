"""What a run tells others: each turn of a mailing is an event on the server, with a sentence and the figures, without anybody's address."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from prefect import flow
from prefect.settings import PREFECT_API_URL

from flows.send_mailing import send_mailing
from mailings.db import Database
from mailings.errors import Misconfigured, Unreachable
from mailings.settings import Settings, settings
from mailings.transports.memory import Memory
from tasks import events
from tests.flows.test_send_mailing import draft

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

FLUSHED = 20.0  # seconds: the server writes events down every five


@pytest.fixture
def memory(configured: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Memory]:
    """An installation that sends through the memory transport, empty."""
    monkeypatch.setenv("MAILINGS_EMAIL_TRANSPORT", "memory")
    settings.cache_clear()
    Memory.configured.cache_clear()
    yield Memory.configured()
    Memory.configured.cache_clear()


def told(mailing: str, count: int) -> list[dict[str, Any]]:
    """The events of the mailing on the server, in order, once `count` are there."""
    asked = {"filter": {"event": {"prefix": ["mailings.mailing."]}, "resource": {"id": [f"mailings.mailing.{mailing}"]}}}
    until, found = time.monotonic() + FLUSHED, []
    while time.monotonic() < until and len(found) < count:
        time.sleep(0.5)
        found = httpx.post(f"{PREFECT_API_URL.value()}/events/filter", json=asked, timeout=10).json()["events"]
    return sorted(found, key=lambda event: str(event["occurred"]))


def short(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Each event's last word and its sentence."""
    return [(event["event"].rpartition(".")[2], event["payload"]["sentence"]) for event in found]


def test_started_and_finished(db: Database, memory: Memory) -> None:
    """A run that sends says that it started and that it finished, once each, with the figures and a name to match on."""
    draft(db, "høst-ferdig", 3)
    send_mailing("høst-ferdig")
    found = told("høst-ferdig", 2)
    assert short(found) == [("started", "høst-ferdig is being sent."), ("finished", "høst-ferdig is sent.")]
    payload = found[1]["payload"]
    assert (payload["mailing"], payload["status"], payload["reason"], payload["problems"]) == ("høst-ferdig", "sent", "", [])
    assert payload["figures"]["deliveries"]["sent"] == 3
    assert found[1]["resource"]["prefect.resource.name"] == "høst-ferdig"


def test_paused(db: Database, memory: Memory) -> None:
    """A mailing that trouble paused tells its reason, without the address the other side named."""
    draft(db, "nede-igjen", 2)
    memory.go_down(Misconfigured("The server refused désirée@fjord.test."))
    send_mailing("nede-igjen")
    last = told("nede-igjen", 2)[-1]
    assert last["event"] == "mailings.mailing.paused"
    assert last["payload"]["reason"] == last["payload"]["figures"]["reason"] == "The server refused …@fjord.test."
    assert "désirée" not in str(last)


def test_refused(db: Database, memory: Memory) -> None:
    """A mailing that preflight refuses has failed, with every problem; it never started."""
    draft(db, "feil-igjen", 2, html="<p>[[ customer.fornavn ]]</p>")
    send_mailing("feil-igjen")
    (only,) = told("feil-igjen", 1)
    assert (only["event"], only["payload"]["status"]) == ("mailings.mailing.failed", "draft")
    assert any("customer.fornavn" in problem for problem in only["payload"]["problems"])


@flow
def fails(mailing: str, error: Exception) -> None:
    """A run that ends in an error."""
    with events.failures_of(mailing):
        raise error


def test_an_error_is_told(db: Database, memory: Memory) -> None:
    """A run that raises tells the sentence of our own errors; of others only the kind, for they may hold anything."""
    draft(db, "brudd", 1)
    with pytest.raises(Unreachable):
        fails("brudd", Unreachable("The database does not answer."))
    with pytest.raises(ValueError, match="åse"):
        fails("brudd", ValueError("åse@fjord.test"))
    unforeseen = "The run of brudd failed (ValueError); its log says why."
    assert short(told("brudd", 2)) == [("failed", "The database does not answer."), ("failed", unforeseen)]


def test_outside_a_run(db: Database, memory: Memory) -> None:
    """Without Prefect nothing is told and nothing fails."""
    draft(db, "alene", 1)
    events.started("alene")
    with pytest.raises(ValueError, match="noe"), events.failures_of("alene"):
        raise ValueError("noe")
