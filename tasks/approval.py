"""Asking for approval: on Prefect's own form where the run may be suspended for it; and hearing what was said, there or elsewhere."""

from __future__ import annotations

from typing import Literal

from prefect import task
from prefect.context import FlowRunContext
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.logging import get_run_logger
from pydantic import ConfigDict, Field

from mailings.db import database
from mailings.errors import IllegalMove
from mailings.model import Approval, Decision, Door, MailingStatus
from mailings.sending.approval import approving
from mailings.sending.approval.approving import Answer
from mailings.sending.closing import Ending
from mailings.sending.finding import mailing_named
from mailings.settings import settings
from tasks import deeds
from tasks.approval_words import description
from tasks.naming import of_task
from tasks.parameters import at
from tasks.retrying import STEP

PATIENCE = 30 * 24 * 3600  # seconds the form waits; at the desk and on the command line the question stays for as long as it takes


class Approving(RunInput):
    """What somebody fills in to let the run go on, or not."""

    model_config = ConfigDict(extra="forbid", title="Approval")

    decision: Literal["approve", "decline"] = Field(
        title="What to do",
        description="approve = it is sent as it was shown; decline = it is a draft again, and nobody gets anything.",
        json_schema_extra=at(1),
    )
    name: str = Field(min_length=1, title="Your name", description="Kept with the mailing for good.", json_schema_extra=at(2))
    comment: str = Field("", title="Comment", description="May be left empty.", json_schema_extra=at(3))


@task(name="ask for approval", task_run_name=of_task("ask for approval of {mailing}"), **STEP)
def ask_for_approval(mailing: str, warnings: list[str]) -> Ending | None:
    """Freeze the list and ask; None where somebody need not be asked. Safe to repeat."""
    with database().writing() as session:
        found = mailing_named(session, mailing, locked=True)
        new = approving.asked(session, found) is None
        question = approving.ask(session, found, warnings, settings())
        if question is None:
            return None
        if new:
            deeds.record(session, "ask for approval", f"mailing {mailing}", n=question.eligible)
    return Ending(mailing, MailingStatus.PAUSED, f"{mailing} awaits approval: mailings approve {mailing}")


def held_for_approval(mailing: str, warnings: list[str]) -> Ending | None:
    """Ask, where somebody has to be asked; None where the mailing may be sent, and its run shows nothing of all this."""
    with database().reading() as session:
        if not approving.must_ask(session, mailing_named(session, mailing), settings()):
            return None
    return ask_for_approval(mailing, warnings)


@task(name="hear the answer", task_run_name=of_task("hear the answer about {mailing}"), **STEP)
def hear(mailing: str, question: int, said: Approving) -> None:
    """Write down what was said on Prefect's form. Where somebody answered at another door before, theirs stands."""
    with database().writing() as session:
        found = mailing_named(session, mailing, locked=True)
        answer = Answer(said.name, Door.PREFECT, said.comment, question)
        try:
            told = (approving.approve if said.decision == "approve" else approving.decline)(session, found, answer)
            deeds.record(session, said.decision, f"mailing {mailing}", n=told.eligible)
        except IllegalMove as error:
            get_run_logger().warning("%s", error)


def answered(mailing: str) -> Ending | None:
    """Called by a flow: where the mailing awaits approval the run is suspended, and asks on a form. None = it may go on.

    A suspended run holds no process; resumed, it begins anew and comes by here, where the form's answer is waiting for it. Once the
    answer is no, or counts no more, the run is over: its outcome says so. A run without a deployment cannot be suspended: None at once.
    """
    if (context := FlowRunContext.get()) is None or context.flow_run is None or context.flow_run.deployment_id is None:
        return None
    if (question := _open(mailing)) is not None:
        number, form = question
        hear(mailing, number, suspend_flow_run(wait_for_input=form, timeout=PATIENCE, key=str(number)))
    else:
        number = max((int(key) for key in context.flow_run.empirical_policy.pause_keys or () if key.isdecimal()), default=0)
    return _refused(mailing, number)


def _open(mailing: str) -> tuple[int, type[Approving]] | None:
    """The question nobody has answered yet: its number, and the form with what is laid before somebody."""
    with database().reading() as session:
        found = mailing_named(session, mailing)
        if (question := approving.asked(session, found)) is None:
            return None
        shown = description(mailing, approving.question_of(session, found, settings()))
        return question.id, Approving.with_initial_data(description=shown)


def _refused(mailing: str, number: int) -> Ending | None:
    with database().reading() as session:
        found = session.get(Approval, number)
        if found is None or found.decision not in (Decision.DECLINED, Decision.VOID):
            return None
        status, sentence = mailing_named(session, mailing).status, approving.said(found, mailing)
    return Ending(mailing, status, f"{sentence}. This run is over; another one asks anew.", [])
