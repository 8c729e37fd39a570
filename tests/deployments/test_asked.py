"""A run that somebody has to answer, and one that a schedule makes twice: on the server's own form, and once for each day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from mailings.model import Approval, Mailing, MailingStatus
from tests.deployments.place import Place
from tests.deployments.server import until

pytestmark = [pytest.mark.slow, pytest.mark.prefect, pytest.mark.xdist_group("server")]


def form_of(place: Place, run: str) -> str:
    """What a suspended run shows beside its form."""
    keys = place.server.run(run)["state"]["state_details"]["run_input_keyset"]
    return str(place.server.api.get(f"/flow_runs/{run}/input/{keys['description']}").raise_for_status().json())


def answer(place: Place, run: str, **form: str) -> str:
    """What becomes of the form of a suspended run, sent as its page sends it: ACCEPT or REJECT."""
    said = place.server.post(f"/flow_runs/{run}/resume", run_input=form)
    return str(said.raise_for_status().json()["status"])


def test_approved_on_the_form(place: Place) -> None:
    """The run is suspended and nothing leaves; a form that is no answer is not taken; an approving one lets the same run send it all."""
    number = place.draft("til-godkjenning", 12, approval={"above": 10})
    run = place.server.begin("send-mailing", mailing="til-godkjenning")
    until(lambda: place.server.run(run)["state_name"] == "Suspended", what="a question")
    assert place.stands(number) is MailingStatus.PAUSED
    assert place.letters(number).total() == 0
    assert "12" in form_of(place, run)
    assert answer(place, run, decision="perhaps", name="Désirée") == "REJECT"
    assert answer(place, run, decision="approve", name="Désirée van der IJssel", comment="Så fint!") == "ACCEPT"
    place.until(number, MailingStatus.SENT)
    assert place.server.ends(run) == "COMPLETED"
    assert place.letters(number).total() == len(place.letters(number)) == 12
    with place.db.reading() as session:
        said = session.scalars(select(Approval).where(Approval.mailing_id == number)).one()
        assert (said.decided_by, said.comment) == ("Désirée van der IJssel", "Så fint!")


def test_two_runs_for_one_day(place: Place) -> None:
    """Two runs of send-recurring for the same day make one copy, and everybody has one message; a third finds it sent."""
    template = place.draft("ukens-nytt", 30, template=True)
    day = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    form = {"mailing": "ukens-nytt", "occasion": {"date": day}}
    for run in [place.server.begin("send-recurring", **form) for _ in range(2)]:
        place.server.ends(run)
    until(lambda: made(place, template) == {f"ukens-nytt-{day}": MailingStatus.SENT}, what="the copy")
    assert place.server.ends(place.server.begin("send-recurring", **form)) == "COMPLETED"
    assert made(place, template) == {f"ukens-nytt-{day}": MailingStatus.SENT}
    assert sorted(place.letters(template).values()) == [1] * 30


def made(place: Place, template: int) -> dict[str, MailingStatus]:
    """The copies of a template, and where they stand."""
    with place.db.reading() as session:
        return {copy.name: copy.status for copy in session.scalars(select(Mailing).where(Mailing.recurs_from == template))}
