"""What a run tells others: each turn of a mailing is an event on the server, with a sentence and the figures, without anybody's address."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from prefect import flow
from prefect.settings import PREFECT_API_URL

from flows.resend_mailing import resend_mailing
from flows.send_mailing import send_mailing
from flows.send_recurring import send_recurring
from mailings.db import Database
from mailings.errors import AtWork, BadAddress, BadTemplate, Misconfigured, NotAllowed, NotFound, Unreachable, Unreadable
from mailings.model import LeaseRole, Mailing
from mailings.sending import leases
from mailings.transports.memory import Memory
from tasks import events
from tasks.parameters import Occasion, Whom
from tests.flows.test_send_mailing import draft

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

FLUSHED = 120.0  # seconds: the server writes events down every second, and a busy machine later


def told(mailing: str, count: int) -> list[dict[str, Any]]:
    """The events of the mailing on the server, in order, once `count` are there; of none what there is now."""
    asked = {"filter": {"event": {"prefix": ["mailings.mailing."]}, "resource": {"id": [f"mailings.mailing.{mailing}"]}}}
    until = time.monotonic() + FLUSHED
    while True:
        found = httpx.post(f"{PREFECT_API_URL.value()}/events/filter", json=asked, timeout=60).json()["events"]
        if len(found) >= count or time.monotonic() > until:
            return sorted(found, key=lambda event: str(event["occurred"]))
        time.sleep(0.5)


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


def test_sending_again_fails(db: Database, memory: Memory) -> None:
    """What a run of resend-mailing cannot do is told, without the words somebody gave for an address."""
    draft(db, "ikke-igjen", 1)
    send_mailing("ikke-igjen")
    with pytest.raises(NotAllowed):
        resend_mailing("ikke-igjen", Whom())
    with pytest.raises(BadAddress, match="Désirée"):
        resend_mailing("ikke-igjen", Whom(addresses=["Désirée van der IJssel"]))
    with pytest.raises(NotFound, match=r"borte@fjord\.test"):
        resend_mailing("ikke-igjen", Whom(addresses=["borte@fjord.test"]))
    found = told("ikke-igjen", 5)
    assert [event for event, _ in short(found)] == ["started", "finished", "failed", "failed", "failed"]
    choose, address, gone = (sentence for _, sentence in short(found)[2:])
    assert choose.startswith("Choose whom to send to again")
    assert address == "The run of ikke-igjen failed (BadAddress); its log says why."
    assert gone.startswith("…@fjord.test is not on ikke-igjen")
    assert "Désirée" not in str(found)


def test_a_recurring_mailing_fails(db: Database, memory: Memory) -> None:
    """A name that is taken, a zone that is none, a template that is none any more: each is told of the template, once."""
    draft(db, "uke", 1, template=True)
    draft(db, "uke-2026-01-02", 1)
    draft(db, "ingen-mal", 1)
    with pytest.raises(NotAllowed):
        send_recurring("uke", Occasion(date="2026-01-02"))
    with pytest.raises(Unreadable):
        send_recurring("uke", Occasion(zone="Europe/Åsgård"))
    with pytest.raises(NotAllowed):
        send_recurring("ingen-mal")
    clash, zone = short(told("uke", 2))
    assert clash[0] == zone[0] == "failed"
    assert "uke-2026-01-02 is another mailing's name already" in clash[1]
    assert "'Europe/Åsgård' is no time zone" in zone[1]
    ((what, sentence),) = short(told("ingen-mal", 1))
    assert (what, sentence.startswith("ingen-mal is no template")) == ("failed", True)


def test_a_failure_within_is_told_once(db: Database, memory: Memory) -> None:
    """What breaks the run within is told by that one, and not a second time by the run around it."""
    mailing_id = draft(db, "innenfor", 1)
    send_mailing("innenfor")
    with db.writing() as session:
        session.get_one(Mailing, mailing_id).html = "<p>[% if %]</p>"
    with pytest.raises(BadTemplate):
        resend_mailing("innenfor", Whom(latest=["unopened"]))
    fails_late(db, "etterpå-sagt")  # whatever was told before it has arrived by now
    assert [what for what, _ in short(told("innenfor", 4))].count("failed") == 1


def test_another_run_is_at_work(db: Database, memory: Memory) -> None:
    """Nothing has failed where another run is at work on the mailing: nothing is told."""
    mailing_id = draft(db, "opptatt-alt", 1)
    with db.writing() as session:
        leases.take(session, session.get_one(Mailing, mailing_id), LeaseRole.CONDUCTOR)
    with pytest.raises(AtWork, match="opptatt-alt is already being sent"):
        send_mailing("opptatt-alt")
    fails_late(db, "sagt-til-sist")
    assert told("opptatt-alt", 0) == []


def fails_late(db: Database, name: str) -> None:
    """A failure of another mailing, told after everything before it; the server has it."""
    draft(db, name, 1)
    with pytest.raises(Unreachable):
        fails(name, Unreachable("Etterpå."))
    assert len(told(name, 1)) == 1
