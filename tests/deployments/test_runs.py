"""What people press while a mailing is sent: pause, go on, cancel, Retry, a copy with other parameters. Nobody twice, nobody lost."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from mailings.model import MailingStatus
from tests.deployments.place import PEOPLE, Place, lives
from tests.deployments.server import until

pytestmark = [pytest.mark.slow, pytest.mark.prefect, pytest.mark.xdist_group("server")]

BY_TENS = {"batch_size": 10}
Begun = dict[str, tuple[int, str]]


def begun(place: Place, name: str) -> tuple[int, str]:
    """A mailing that is sent for minutes to come, once its run has come to it; and that run."""
    number = place.draft(name, PEOPLE)
    place.slow(name)
    return number, place.server.begin("send-mailing", mailing=name, how=BY_TENS)


@pytest.fixture(scope="module")
def at_once(only_place: Place) -> Begun:
    """What the tests begin with, all at once: beginning takes a run longer than all else. Mailings by name, and their runs."""
    only_place.staffed()
    going = {name: begun(only_place, name) for name in ("på-vent", "avlyst", "løpet-stanset")}
    for name, people in (("igjen-stanset", PEOPLE), ("igjen", 5)):
        number = only_place.draft(name, people)
        going[name] = (number, only_place.server.begin("send-mailing", mailing=name))
    return going | {"kommer-snart": (0, only_place.server.begin("send-mailing", mailing="kommer-snart"))}


def everybody_once(place: Place, number: int) -> bool:
    """Whether each has one message, and the books say so."""
    letters = place.letters(number)
    return (len(letters), letters.total(), place.counts(number)) == (PEOPLE, PEOPLE, {"sent": PEOPLE})


def test_paused_and_resumed(place: Place, at_once: Begun) -> None:
    """A paused mailing's run ends well and early; resumed, the next look of start-due-mailings sends the rest."""
    number, run = at_once["på-vent"]
    place.until_sent(number, 3)
    place.type("pause", "på-vent")
    assert place.server.ends(run) == "COMPLETED"
    assert place.stands(number) is MailingStatus.PAUSED
    assert place.counts(number)["queued"] > 0
    place.type("resume", "på-vent")
    place.goes_on(number)
    assert everybody_once(place, number)


def test_cancelled(place: Place, at_once: Begun) -> None:
    """A cancelled mailing's run ends well; whoever was not served by then never is, neither by Retry nor by start-due-mailings."""
    number, run = at_once["avlyst"]
    place.until_sent(number, 3)
    place.type("cancel", "avlyst")
    assert place.server.ends(run) == "COMPLETED"
    place.server.press(run, "SCHEDULED", "AwaitingRetry")
    place.server.ends(run, 2)
    place.start_due()
    left = place.counts(number)
    assert place.stands(number) is MailingStatus.CANCELLED
    assert left["sent"] == len(place.letters(number)) == place.letters(number).total()
    assert left == {"sent": left["sent"], "cancelled": PEOPLE - left["sent"]}
    assert left["cancelled"] > 0


def test_its_run_is_cancelled(place: Place, at_once: Begun) -> None:
    """Cancelling the run stops this process, not the mailing: nothing is in doubt, it never crashed, and start-due-mailings goes on."""
    number, run = at_once["løpet-stanset"]
    place.until_sent(number, 3)
    process = place.process(run)
    place.server.press(run, "CANCELLING", "Cancelling")
    until(lambda: not lives(process), what="the end of its process")
    assert place.counts(number).keys() == {"sent", "queued"}
    until(lambda: place.server.run(run)["state_type"] == "CANCELLED", what="a run that is cancelled")
    assert "CRASHED" not in place.server.states(run)
    place.goes_on(number)
    assert everybody_once(place, number)


def test_a_run_within_a_run_is_cancelled(place: Place, at_once: Begun) -> None:
    """Sent again and cancelled: the run and the one within it that sends are both Cancelled, and neither crashed."""
    number, first = at_once["igjen-stanset"]
    assert place.server.ends(first) == "COMPLETED"
    place.slow("igjen-stanset")
    run = place.server.begin("resend-mailing", mailing="igjen-stanset", whom={"addresses": sorted(place.letters(number))}, how=BY_TENS)
    until(lambda: place.letters(number).total() >= PEOPLE + 3, what="some that are sent again")
    (part,) = place.server.found("flow_runs", flow_runs={"parent_flow_run_id": {"any_": [run]}})
    place.server.press(run, "CANCELLING", "Cancelling")
    until(lambda: place.server.run(run)["state_type"] == "CANCELLED", what="a run that is cancelled")
    assert place.server.run(part["id"])["state_type"] == "CANCELLED"
    assert "CRASHED" not in place.server.states(run) + place.server.states(part["id"])
    assert place.counts(number).keys() == {"sent", "queued"}
    place.type("cancel", "igjen-stanset")  # nobody else's look for what is unfinished goes on with it


def test_retried(place: Place, at_once: Begun) -> None:
    """A run that failed for want of its mailing sends it when it is retried; a finished one that is retried serves nobody again."""
    _, run = at_once["kommer-snart"]
    assert place.server.ends(run) == "FAILED"
    number = place.draft("kommer-snart", PEOPLE)
    for count in (2, 3):
        place.server.press(run, "SCHEDULED", "AwaitingRetry")
        assert place.server.ends(run, count) == "COMPLETED"
        assert place.stands(number) is MailingStatus.SENT
        assert everybody_once(place, number)


def test_copied_with_other_parameters(place: Place, at_once: Begun) -> None:
    """Sent again to the failed; the same form again finds none; a copy of it for one address sends that one a third."""
    number, first = at_once["igjen"]
    assert place.server.ends(first) == "COMPLETED"
    with place.db.writing() as session:
        session.execute(
            text("UPDATE delivery SET status = 'failed', code = 'http-400' WHERE mailing_id = :id AND id % 5 < 2"), {"id": number}
        )
    assert place.counts(number) == {"sent": 3, "failed": 2}
    form = {"mailing": "igjen", "whom": {"latest": ["failed"]}}
    for _ in range(2):
        run = place.server.begin("resend-mailing", **form)
        assert place.server.ends(run) == "COMPLETED"
        assert sorted(place.letters(number).values()) == [1, 1, 1, 2, 2]
    (twice, _), *_ = place.letters(number).most_common()
    copied = place.server.run(run)["parameters"] | {"whom": {"addresses": [twice]}}
    assert place.server.ends(place.server.begin("resend-mailing", **copied)) == "COMPLETED"
    assert sorted(place.letters(number).values()) == [1, 1, 1, 2, 3]
