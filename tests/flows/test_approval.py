"""A mailing that needs approval: its run is suspended, holds nothing, and goes on with what was said, wherever it was said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.flow_runs import resume_flow_run
from prefect.states import Cancelled

from flows.send_mailing import send_mailing
from flows.start_due_mailings import start_due_mailings
from mailings.consent.standing import block_address
from mailings.db import Database
from mailings.errors import IllegalMove
from mailings.model import Decision, Door, Lease, MailingStatus, Recipient
from mailings.sending import lifecycle
from mailings.sending.approval import approving
from mailings.sending.approval.approving import Answer
from mailings.sending.finding import mailing_named
from mailings.transports.memory import Memory
from tasks.suspended import _heeded
from tests.flows.suspending import deployed_run, form, said, state_of, worked
from tests.flows.test_deeds import kept
from tests.flows.test_send_mailing import draft
from tests.flows.test_start_due_mailings import deployed  # noqa: F401  a fixture
from tests.sending import world

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

YES = {"decision": "approve", "name": "Désirée van der IJssel", "comment": "Fint!"}


@pytest.fixture
def asking(db: Database, memory: Memory, deployed: None) -> Iterator[int]:  # noqa: F811
    """A mailing to three that asks for approval, and a deployment to send it; its id. No run is left suspended for the next test."""
    yield draft(db, "host", 3, approval={"above": 0})
    with get_client(sync_client=True) as client:
        paused = FlowRunFilter.model_validate({"state": {"type": {"any_": ["PAUSED"]}}})
        for run in client.read_flow_runs(flow_run_filter=paused):
            client.set_flow_run_state(run.id, Cancelled())


def test_answered_on_the_form(db: Database, memory: Memory, asking: int) -> None:
    """The run is suspended without a lease; its form names the counts and shows a message; resumed, it sends what was approved."""
    run = deployed_run("host").id
    worked(run)
    assert state_of(run) == ("PAUSED", "Suspended")
    with db.reading() as session:
        mailing = mailing_named(session, "host")
        assert (mailing.status, mailing.held_reason, mailing.awaits_approval) == (MailingStatus.PAUSED, "awaiting approval", True)
        assert session.query(Lease).filter(Lease.ended_at.is_(None)).count() == 0
    shown = form(run, asking)
    assert "**host** would go to **3 recipients**, as of 20" in shown
    assert shown.index("messages follow") < shown.index("#### To ")
    assert "To Åse 1: Åse 1\\: høst" in shown
    assert "> Kjære Åse 1, \\[les mer\\]" in shown
    resume_flow_run(run, run_input=YES)
    assert worked(run).state.name == "Completed"
    assert said(db, asking) == [(Decision.APPROVED, "Désirée van der IJssel", Door.PREFECT, "Fint!")]
    assert (world.statuses(db, asking), len(memory.kept)) == ({"sent": 3}, 3)
    assert [line[:2] for line in kept(db)] == [("prefect", what) for what in ("ask for approval", "approve", "begin sending")]


def test_declined_on_the_form(db: Database, memory: Memory, asking: int) -> None:
    """A no makes it a draft again, its list no longer frozen; the run ends saying who said so, and nobody gets anything."""
    run = deployed_run("host").id
    worked(run)
    resume_flow_run(run, run_input=YES | {"decision": "decline", "comment": "Ikke i dag"})
    ended = worked(run).state
    assert ended is not None
    assert ended.is_completed()
    assert said(db, asking) == [(Decision.DECLINED, "Désirée van der IJssel", Door.PREFECT, "Ikke i dag")]
    with db.reading() as session:
        mailing = mailing_named(session, "host")
        assert (mailing.status, mailing.frozen_at) == (MailingStatus.DRAFT, None)
    assert memory.kept == []


@pytest.mark.parametrize("wrong", [{}, {"decision": "perhaps", "name": "Åse"}, {"decision": "approve", "name": ""}])
def test_a_form_that_says_nothing(db: Database, asking: int, wrong: dict[str, str]) -> None:
    """Prefect takes no answer that says neither yes nor no, or not by whom; the run stays suspended."""
    run = deployed_run("host").id
    worked(run)
    with pytest.raises(RuntimeError, match="Cannot resume"):
        resume_flow_run(run, run_input=wrong)
    assert state_of(run) == ("PAUSED", "Suspended")


def at_the_desk(db: Database, verb: str) -> None:
    """Somebody answers at the desk."""
    with db.writing() as session:
        getattr(approving, verb)(session, mailing_named(session, "host", locked=True), Answer("Åse Ødegård", Door.DESK))


def test_the_first_answer_stands(db: Database, memory: Memory, asking: int) -> None:
    """A no at the desk is not undone by a yes on the form that comes later: the run ends, and begins nothing anew."""
    run = deployed_run("host").id
    worked(run)
    at_the_desk(db, "decline")
    resume_flow_run(run, run_input=YES)
    ended = worked(run).state
    assert ended is not None
    assert ended.is_completed()
    assert said(db, asking) == [(Decision.DECLINED, "Åse Ødegård", Door.DESK, None)]
    assert (world.status(db, asking), memory.kept) == (MailingStatus.DRAFT, [])


def test_answered_at_the_desk(db: Database, memory: Memory, asking: int) -> None:
    """A yes at the desk lets the suspended run itself go on, once, instead of another; the form keeps what was said."""
    run = deployed_run("host").id
    worked(run)
    assert start_due_mailings() == []
    assert state_of(run) == ("PAUSED", "Suspended")
    at_the_desk(db, "approve")
    assert start_due_mailings() == ["host"]
    assert start_due_mailings() == []
    assert state_of(run) == ("SCHEDULED", "Resuming")
    worked(run)
    assert state_of(run) == ("COMPLETED", "Completed")
    assert said(db, asking) == [(Decision.APPROVED, "Åse Ødegård", Door.DESK, None)]
    assert world.statuses(db, asking) == {"sent": 3}


def test_runs_that_need_not_go_on(db: Database, memory: Memory, asking: int) -> None:
    """A suspended run whose mailing was cancelled, or which another run sends already, is ended with the reason."""
    run, other = deployed_run("host").id, deployed_run("host").id
    worked(run)
    worked(other)
    assert said(db, asking) == [(None, None, None, None)]
    at_the_desk(db, "approve")
    assert start_due_mailings() == ["host"]
    worked(run)
    assert start_due_mailings() == []
    assert state_of(other)[0] == "CANCELLED"
    draft(db, "avlyst", 3, approval={"above": 0})
    late = deployed_run("avlyst").id
    worked(late)
    with db.writing() as session:
        lifecycle.cancel(session, mailing_named(session, "avlyst", locked=True))
    start_due_mailings()
    assert state_of(late)[0] == "CANCELLED"


def test_without_a_deployment(db: Database, memory: Memory, asking: int) -> None:
    """A run that nobody could resume ends paused and names the command; a run meanwhile is refused; approved, the next one sends."""
    outcome = send_mailing("host")
    assert (outcome.status, outcome.sentence) == (MailingStatus.PAUSED, "host awaits approval: mailings approve host")
    with pytest.raises(IllegalMove, match="mailings approve host"):
        send_mailing("host")
    at_the_desk(db, "approve")
    assert send_mailing("host").status is MailingStatus.SENT
    assert len(memory.kept) == 3


def test_what_changed_is_not_sent(db: Database, memory: Memory, asking: int) -> None:
    """A mailing edited after it was approved goes back to draft, the outcome says what changed; the next run asks anew."""
    send_mailing("host")
    at_the_desk(db, "approve")
    with db.writing() as session:
        mailing_named(session, "host").html += "<p>PS</p>"
    outcome = send_mailing("host")
    assert outcome.status is MailingStatus.DRAFT
    assert outcome.problems[0].startswith("What was approved has changed: its content")
    assert said(db, asking)[0][0] is Decision.VOID
    assert send_mailing("host").status is MailingStatus.PAUSED
    assert memory.kept == []


def test_a_problem_after_the_approval(db: Database, memory: Memory, asking: int) -> None:
    """Where everybody said no meanwhile, preflight refuses what was approved: a draft again, and the approval counts no more."""
    send_mailing("host")
    at_the_desk(db, "approve")
    with db.writing() as session:
        for recipient in session.query(Recipient):
            block_address(session, recipient.address or "", "a person did")
    outcome = send_mailing("host")
    assert (outcome.status, world.status(db, asking)) == (MailingStatus.DRAFT, MailingStatus.DRAFT)
    assert said(db, asking)[0][0] is Decision.VOID
    assert memory.kept == []


def test_a_run_cancelled_meanwhile(db: Database, memory: Memory, asking: int) -> None:
    """A suspended run that somebody cancels between our looking and our resuming is passed over, and nothing is raised."""
    run = deployed_run("host").id
    worked(run)
    at_the_desk(db, "approve")

    @flow
    def looks() -> str | None:
        """One look, at what was read before the run was cancelled."""
        with get_client(sync_client=True) as client:
            before = client.read_flow_run(run)
            client.set_flow_run_state(run, Cancelled(), force=True)
            return _heeded(client, before)

    assert looks() is None
