"""The tour: a list is imported, a mailing sent, killed and resumed, opened, clicked, left, bounced, corrected, sent again and reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailings.db import Database
from tests.servers.mailbox import SILENCE, mailbox
from tests.stories.conftest import Office, environment_of
from tests.stories.touring import BROWSER, PEOPLE, SCANNER, Tour, furnish, settings, until

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("stories")]

BATCH = 5
UNANSWERED = "ola04@fjord.test"  # for whom the mail server falls silent in the middle
DAYS = timedelta(days=2)  # after which readers come
NOT_SERVED = {PEOPLE["Désirée van der IJssel"], PEOPLE["Kari Brå"]}  # they say no, before it is sent and meanwhile
SERVED = len(PEOPLE) - len(NOT_SERVED)


@pytest.fixture
def tour(any_db: Database, tmp_path: Path, server_url: str) -> Iterator[Tour]:
    """An installation with a database, a mail server and a folder; nobody is in it yet."""
    furnish(tmp_path)
    with mailbox() as box:
        environment = environment_of(any_db, server_url) | settings(tmp_path, box.port) | {"COLUMNS": "200", "PYTHONUTF8": "1"}
        yield Tour(Office(tmp_path, any_db, environment), box)


def test_tour(tour: Tour) -> None:
    """From a list to its report, by the commands and the door people use: at each step what an auditor would ask has its answer."""
    a_list_is_imported(tour)
    somebody_says_no(tour)
    the_mailing_is_looked_over(tour)
    it_is_sent_and_killed(tour)
    somebody_says_no_meanwhile(tour)
    it_is_resumed(tour)
    doubt_is_settled(tour)
    it_is_opened(tour)
    it_is_clicked(tour)
    somebody_unsubscribes(tour)
    a_message_comes_back(tour)
    the_address_is_corrected(tour)
    it_is_sent_again(tour)
    it_is_reported(tour)


def a_list_is_imported(tour: Tour) -> None:
    """Everybody is there once, with the basis they may be written to on; what is wrong is named by row. A second time changes nothing."""
    words = ("people", "import", "lesere.csv", "--consent", "contract", "--selection", "Lesere")
    first, second = tour.tells(*words), tour.tells(*words)
    assert (first["created"], first["matched"], first["skipped"]) == (len(PEOPLE), 1, 1)
    (wrong,) = first["errors"]
    assert (wrong["row"], wrong["column"]) == (len(PEOPLE) + 4, "email")
    assert (second["created"], second["consents"], second["filled"]) == (0, 0, 0)
    (consent,) = tour.held("Åse Ødegård")["consents"]
    assert (consent["basis"], consent["source"], consent["in_force"]) == ("contract", "Import", True)


def somebody_says_no(tour: Tour) -> None:
    """Désirée rings and wants no mail: a further line of her history, and no import gives it back."""
    tour.says("people", "consent", PEOPLE["Désirée van der IJssel"], "--basis", "withdrawn")
    tour.says("people", "import", "lesere.csv", "--consent", "contract")
    held = tour.held("Désirée van der IJssel")["consents"]
    assert [(one["basis"], one["in_force"]) for one in held] == [("contract", False), ("withdrawn", True)]


def the_mailing_is_looked_over(tour: Tour) -> None:
    """A folder becomes a draft that is fit to go; who is left out is told why, by the rules that make the list."""
    for words in (("topics", "add", "Nyheter"), ("selections", "create", "Varme"), ("push", "host-nytt")):
        tour.says(*words)
    assert tour.tells("check", "host-nytt")["problems"] == []
    assert tour.tells("explain", "host-nytt", PEOPLE["Désirée van der IJssel"])["verdict"] == "no_consent"
    whom = {"total": len(PEOPLE), "eligible": len(PEOPLE) - 1, "excluded": {"no_consent": 1}}
    assert tour.tells("status", "host-nytt")["recipients"] == whom
    assert tour.box.taken == []


def it_is_sent_and_killed(tour: Tour) -> None:
    """The mail server falls silent, the sender is killed by -9: whoever has been served stands in the books, nobody is missing."""
    tour.box.told[f"END {UNANSWERED}"] = SILENCE
    with tour.office.started("send", "host-nytt", "--batch-size", str(BATCH)) as sender:
        until(lambda: f"END {UNANSWERED}" in tour.box.commands, "the mail server has not come to the silence", sender)
        sender.kill()
        assert sender.wait(20) == -9
    stand = tour.stand()
    assert set(stand) == {"sent", "sending", "queued"}
    assert sum(stand.values()) == len(PEOPLE) - 1
    assert stand["sending"] <= 2 * BATCH
    assert stand["sent"] <= len(tour.box.taken) <= stand["sent"] + stand["sending"]


def somebody_says_no_meanwhile(tour: Tour) -> None:
    """Kari's message is queued when she says no: it is cancelled, with the reason, before anybody answers her."""
    tour.says("people", "consent", PEOPLE["Kari Brå"], "--basis", "withdrawn")
    assert tour.attempts(PEOPLE["Kari Brå"]) == [("cancelled", "Consent was withdrawn (User).")]


def it_is_resumed(tour: Tour) -> None:
    """The same command serves the rest. Nobody has it twice; the few whose fate nobody knows are named, and not sent to by themselves."""
    in_hand = tour.stand()["sending"]
    tour.box.told.clear()
    tour.says("send", "host-nytt", "--batch-size", str(BATCH))
    assert tour.stand() == {"sent": SERVED - in_hand, "in_doubt": in_hand, "cancelled": 1}
    assert tour.attempts(UNANSWERED) == [("in_doubt", "the sender died between hand-over and answer")]
    assert set(received(tour).values()) == {1}
    assert not {UNANSWERED, *NOT_SERVED} & set(received(tour))


def doubt_is_settled(tour: Tour) -> None:
    """The mail server's log says whom it has: they are sent, on its evidence. The others stay in doubt, for a person to decide."""
    tour.writes_log()
    in_doubt, (told,) = tour.stand()["in_doubt"], tour.tells("settle", "host-nytt")["mailings"]
    assert told["left"] == SERVED - len(tour.box.taken)
    assert sum(one["deliveries"] for one in told["settled"] if one["by"] == "postfix log") == in_doubt - told["left"]
    assert tour.stand() == {"sent": len(tour.box.taken), "in_doubt": told["left"], "cancelled": 1}


def it_is_opened(tour: Tour) -> None:
    """Åse opens her message. A scanner looks at somebody else's: it is counted, apart, and never as a reader."""
    with tour.door(DAYS) as door:
        pixel = door.ask("GET", tour.address_in("Åse Ødegård", '/o/[^"]+'), user_agent=BROWSER)
        assert pixel.header("content-type") == "image/gif"
        assert door.ask("HEAD", tour.address_in("Ola Nordmann 00", '/c/[^"]+/1'), user_agent=SCANNER).status == 302
    report = tour.tells("report", "host-nytt")
    assert [report[word] for word in ("opened", "clicked", "machine_clicked")] == [1, 0, 1]


def it_is_clicked(tour: Tour) -> None:
    """Bjørn is led on at once; what the link sets going is done a little later, by the door itself, and for nobody else."""
    with tour.door(DAYS) as door:
        answer = door.ask("GET", tour.address_in("Bjørn Blåbær", '/c/[^"]+/1'), user_agent=BROWSER)
        assert (answer.status, answer.header("location")) == (302, "https://acme.test/h%C3%B8st")
    with tour.door(DAYS + timedelta(minutes=1)):
        until(tour.errands_are_done, "the action of the click is not done")
    assert [one["name"] for one in tour.tells("selections", "show", "Varme")["people"]] == ["Bjørn Blåbær"]


def somebody_unsubscribes(tour: Tour) -> None:
    """Jürgen's mail program has a button. It opts him out of this topic alone; the next mailing leaves him out, and says why."""
    (address,) = [part for part in tour.read("Jürgen Groß")["List-Unsubscribe"].split("<") if "/u/" in part]
    with tour.door(DAYS) as door:
        assert door.press("/u/" + address.partition("/u/")[2].partition(">")[0], **{"List-Unsubscribe": "One-Click"}).status == 200
    held = tour.held("Jürgen Groß")
    assert [(one["topic"], one["source"], one["in_force"]) for one in held["opt_outs"]] == [("Nyheter", "One-click unsubscribe", True)]
    assert [one["in_force"] for one in held["consents"]] == [True]
    tour.says("copy", "host-nytt", "vinter-nytt")
    assert tour.tells("explain", "vinter-nytt", PEOPLE["Jürgen Groß"])["verdict"] == "not_subscribed"


def a_message_comes_back(tour: Tour) -> None:
    """What arrives in the bounce mailbox is Søren's, by the address his message left with; rates can be checked with a pencil."""
    before = tour.stand()
    tour.comes_back("Søren Kjærgaard", "550 5.1.1 Ukjent mottaker")
    told = tour.tells("bounces", "collect")
    assert (told["read"], told["bounces"], told["new"]) == (1, 1, 1)
    (row,) = tour.tells("bounces", "list", "--mailing", "host-nytt")
    assert (row["address"], row["code"], row["kind"], row["why"]) == (PEOPLE["Søren Kjærgaard"], "550 5.1.1", "hard", "mailbox")
    assert tour.stand() == before | {"sent": before["sent"] - 1, "bounced": 1}
    report, sent = tour.tells("report", "host-nytt"), len(tour.box.taken)  # readers are of those it reached, bounces of all it was sent to
    rates = {"open_rate": 2 / (sent - 1), "click_rate": 1 / (sent - 1), "unsubscribe_rate": 1 / (sent - 1), "bounce_rate": 1 / sent}
    assert {rate: report[rate] for rate in rates} == pytest.approx(rates)


def the_address_is_corrected(tour: Tour) -> None:
    """The mistyped address gives way to the right one, which nothing stands against."""
    assert "soren@fjord.test from now on" in tour.says("people", "correct", PEOPLE["Søren Kjærgaard"], "soren@fjord.test")
    (address,) = tour.tells("people", "show", "soren@fjord.test")["addresses"]
    assert (address["address"], address["valid"], address.get("standing")) == ("soren@fjord.test", True, None)


def it_is_sent_again(tour: Tour) -> None:
    """One more message to whom it was asked for and who may have it, at today's address; in the end each has it, and each has one."""
    before, again = len(tour.box.taken), tour.stand()["in_doubt"] + 1
    said = tour.says("resend", "host-nytt", "--only", f"bounced,in_doubt,{PEOPLE['Jürgen Groß']}")
    assert f"{again} to be sent, {again} once more. Left out: 1 not subscribed." in said
    assert {UNANSWERED, "soren@fjord.test"} <= {one.recipient for one in tour.box.taken[before:]}
    assert [status for status, _ in tour.attempts("soren@fjord.test")] == ["bounced", "sent"]
    assert tour.stand() == {"sent": SERVED, "cancelled": 1}
    assert set(received(tour)) == set(PEOPLE.values()) - NOT_SERVED | {"soren@fjord.test"}
    assert set(received(tour).values()) == {1}


def it_is_reported(tour: Tour) -> None:
    """Each counts once, by the latest message; everybody on the list stands under one word, whatever was done and undone on the way."""
    report = tour.tells("report", "host-nytt")
    counts = {"sent": SERVED, "delivered": SERVED, "opened": 2, "clicked": 1, "machine_clicked": 1, "unsubscribed": 1, "bounced": 0}
    assert {word: report[word] for word in counts} == counts
    assert sum(report["recipients_by_status"].values()) == len(PEOPLE)
    assert tour.stand() == {"sent": SERVED, "cancelled": 1}


def received(tour: Tour) -> Counter[str]:
    """How often the mail server took the mailing for each address."""
    return Counter(one.recipient for one in tour.box.taken)
