"""The whole way on a Prefect server: provisioned, deployed, its forms, and a worker that sends what is scheduled."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import pytest
import yaml
from sqlalchemy import text

from mailings.addresses import read_address
from mailings.clock import now
from mailings.model import Address, Basis, Consent, Mailing, MailingStatus, MailingType, Person, Source, SourceKind
from tests.deployments.place import PEOPLE, Place
from tests.deployments.server import PREFECT, ROOT, Server, told, until

pytestmark = [pytest.mark.slow, pytest.mark.prefect, pytest.mark.xdist_group("server")]

FOLK = {"Åse Ødegård": "ase@fjørd.test", "Jürgen Groß": "juergen@grossmann.test", "Désirée van der IJssel": "desiree@ijssel.test"}


def test_provisioned_and_deployed_twice(server: Server) -> None:
    """Both may be repeated: one pool, and each deployment of prefect.yaml once, with its schedules once."""
    assert "there already" in told([sys.executable, "-m", "deployments.provision"], server.env)
    told([*PREFECT, "deploy", "--all"], server.env)
    wanted = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    assert slugs(server.found("deployments")) == slugs(wanted)


def slugs(found: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The schedules of each deployment, by the deployment's name."""
    return {each["name"]: sorted(schedule["slug"] for schedule in each.get("schedules", [])) for each in found}


@pytest.mark.parametrize(
    ("flow", "form", "field"),
    [
        ("send-mailing", {}, "mailing"),
        ("send-mailing", {"mailing": ""}, "mailing"),
        ("send-mailing", {"mailing": "høst", "how": {"shards": 65}}, "how"),
        ("send-mailing", {"mailing": "høst", "how": {"speed": "høy"}}, "speed"),
        ("resend-mailing", {"mailing": "høst", "whom": {"latest": ["unhappy"]}}, "whom"),
        ("send-recurring", {"mailing": "høst", "occasion": {"date": "i morgen"}}, "occasion"),
    ],
)
def test_what_a_form_refuses(server: Server, flow: str, form: dict[str, Any], field: str) -> None:
    """A field that is missing, unknown, too large or no choice is refused as the form is sent, by its name; there is no run."""
    before = count(server, flow)
    answer = server.asked(flow, **form)
    assert answer.status_code == 409
    assert field in answer.text
    assert count(server, flow) == before


def count(server: Server, flow: str) -> int:
    """How many runs of a flow there are."""
    return int(server.post("/flow_runs/count", flows={"name": {"any_": [flow]}}).raise_for_status().json())


def test_a_worker_sends_what_is_scheduled(place: Place) -> None:
    """A worker standing anywhere finds the installation by MAILINGS_ROOT, starts what is due, and the messages lie in its Maildir."""
    before = letters(place)
    number = scheduled(place)
    assert place.server.ends(place.server.begin("start-due-mailings")) == "COMPLETED"
    place.until(number, MailingStatus.SENT)
    assert letters(place) - before == len(FOLK)


def scheduled(place: Place) -> int:
    """A mailing to three people whose time has come; its id."""
    with place.db.writing() as session:
        mailing = Mailing(name="høst-nytt", type=MailingType.EMAIL, created_at=now(), subject="Hei [[ customer.name ]]")
        mailing.html = '<html><body><p>Hei [[ customer.name ]]</p><a href="[[ link.unsubscribe ]]">nei takk</a></body></html>'
        mailing.sender = {"name": "Fjord", "address": "news@fjord.test", "use": "always"}
        mailing.status, mailing.scheduled_at = MailingStatus.SCHEDULED, now() - timedelta(minutes=1)
        session.add(mailing)
        for position, (name, address) in enumerate(FOLK.items(), 1):
            person = Person(name=name, created_at=now())
            person.addresses = [Address(written=address, normal=read_address(address).normal, valid=True)]
            session.add(person)
            session.flush()
            session.add(Consent(person_id=person.id, basis=Basis.CONSENT, source="Test", given_at=now()))
            session.add(Source(mailing_id=mailing.id, position=position, kind=SourceKind.PERSON, label=name, person_id=person.id))
        return mailing.id


def letters(place: Place) -> int:
    """How many messages lie in the Maildir."""
    folder = place.folder / "var" / "outbox" / "new"
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_two_shards(place: Place) -> None:
    """send_mailing with two shards starts two runs of deliver-shard; both send, everybody gets it once, and the mailing is sent."""
    number = place.draft("to-skår", PEOPLE)
    place.slow("to-skår")  # so the second comes while the first is at it
    place.server.begin("send-mailing", mailing="to-skår", how={"shards": 2, "batch_size": 20})
    until(lambda: senders(place, number) == 2, what="a message from each shard")
    place.unlimited(number)
    place.until(number, MailingStatus.SENT)
    until(lambda: [run["state_type"] for run in shard_runs(place.server)] == ["COMPLETED"] * 2, what="the end of both shards")
    assert place.letters(number).total() == len(place.letters(number)) == PEOPLE
    assert senders(place, number) == 2


def senders(place: Place, number: int) -> int:
    """How many sent messages of the mailing."""
    with place.db.reading() as session:
        asked = text("SELECT count(DISTINCT lease_id) FROM delivery WHERE status = 'sent' AND mailing_id = :id")
        return int(session.execute(asked, {"id": number}).scalar_one())


def shard_runs(server: Server) -> list[dict[str, Any]]:
    """The runs of deliver-shard on the server."""
    return server.found("flow_runs", flow_runs={"tags": {"all_": ["mailing:to-skår"]}})
