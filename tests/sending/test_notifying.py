"""The staff hear of a mailing in trouble: once an hour, in words, with what to do, and never who was to get it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from mailings import clock
from mailings.db import Database
from mailings.errors import Misconfigured, TryLater
from mailings.model import LeaseRole, Mailing, MailingStatus
from mailings.sending import leases
from mailings.sending.notifying import Told, Trouble, notify
from mailings.settings import Settings
from mailings.transports.memory import Memory
from tests.doubles.sendgrid import KEY, sendgrid
from tests.sending import world
from tests.servers.mailbox import mailbox

STAFF = ["Åse <ase@fjord.test>", "jan@gräfe.test", "ase@fjord.test"]
SETTINGS = Settings(email_transport="memory", system_from="Fjord Østerlund <post@fjord.test>", public_url="https://post.fjord.test/")
PAUSED = Trouble("høst-nytt", "paused", "550 5.7.1 Désirée <desiree@ijssel.test> says: relay denied")


def stands(db: Database, status: MailingStatus, name: str = "høst-nytt") -> int:
    """A mailing with that status; its id."""
    return world.mailing(db, name, 2, status=status)


def letters(memory: Memory) -> list[EmailMessage]:
    """What the transport keeps, read."""
    found = [message_from_bytes(kept.content, policy=policy.default) for kept in memory.kept]
    return [one for one in found if isinstance(one, EmailMessage)]


def part(letter: EmailMessage, kind: str) -> str:
    """The text or the HTML of a message."""
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_what_it_says(any_db: Database, memory: Memory) -> None:
    """Each address gets one message with what happened, why, the command to give and the page to open, from whom the installation says."""
    stands(any_db, MailingStatus.PAUSED)
    assert notify(any_db, PAUSED, STAFF, SETTINGS) == Told(["ase@fjord.test", "jan@xn--grfe-moa.test"], {})
    letter, other = letters(memory)
    assert (letter["To"], other["To"]) == ("ase@fjord.test", "jan@xn--grfe-moa.test")
    assert str(letter["From"]) == "Fjord Østerlund <post@fjord.test>"
    assert letter["Subject"] == "høst-nytt is paused"
    assert letter["Auto-Submitted"] == "auto-generated"
    text = part(letter, "plain")
    assert "relay denied" in text
    assert "mailings resume høst-nytt" in text
    assert "https://post.fjord.test/desk/mailings/h%C3%B8st-nytt" in text
    assert '<a href="https://post.fjord.test/desk/mailings/h%C3%B8st-nytt">' in part(letter, "html")
    assert {kept.sender for kept in memory.kept} == {"post@fjord.test"}


def test_nobody_on_the_list_is_named(any_db: Database, memory: Memory) -> None:
    """A reason may quote a server that quotes a recipient: the address is not passed on, neither in text, HTML nor subject."""
    stands(any_db, MailingStatus.PAUSED)
    notify(any_db, PAUSED, STAFF, SETTINGS)
    for letter in letters(memory):
        assert "ijssel" not in part(letter, "plain") + part(letter, "html") + letter["Subject"]
        assert "(an address)" in part(letter, "plain")


@pytest.mark.parametrize(
    ("trouble", "subject", "command"),
    [
        (("failed", "There is no subject."), "høst nytt's was not sent", 'mailings send "høst nytt\'s"'),
        (("paused", "Awaiting approval"), "høst nytt's waits for approval", 'mailings approve "høst nytt\'s"'),
    ],
)
def test_what_to_do(any_db: Database, memory: Memory, trouble: tuple[str, str], subject: str, command: str) -> None:
    """What to do depends on what happened, and the command can be given as it is written, whatever the mailing is called."""
    what, reason = trouble
    status = MailingStatus.PAUSED if what == "paused" else MailingStatus.DRAFT
    stands(any_db, status, "høst nytt's")
    notify(any_db, Trouble("høst nytt's", "paused" if what == "paused" else "failed", reason), STAFF[:1], SETTINGS)
    (letter,) = letters(memory)
    assert letter["Subject"] == subject
    assert command in part(letter, "plain")


def test_not_twice_within_the_hour(any_db: Database, memory: Memory) -> None:
    """The same trouble is told again after an hour; another reason, or another mailing, at once."""
    stands(any_db, MailingStatus.PAUSED)
    stands(any_db, MailingStatus.PAUSED, "vår-nytt")
    begun = clock.now()
    for minutes, told in ((0, 1), (59, 1), (60, 2), (119, 2)):
        with clock.standing_at(begun + timedelta(minutes=minutes)):
            notify(any_db, PAUSED, STAFF[:1], SETTINGS)
            assert len(memory.kept) == told, minutes
    with clock.standing_at(begun + timedelta(minutes=119)):
        assert notify(any_db, Trouble("høst-nytt", "paused", "another"), STAFF[:1], SETTINGS).to
        assert notify(any_db, Trouble("vår-nytt", "paused", PAUSED.reason), STAFF[:1], SETTINGS).to


def test_told_by_two_runs_at_once(any_db: Database, memory: Memory) -> None:
    """Of several runs in the same moment one writes."""
    stands(any_db, MailingStatus.PAUSED)
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: notify(any_db, PAUSED, STAFF[:1], SETTINGS).to, range(4)))
    assert sorted(told) == [[], [], [], ["ase@fjord.test"]]
    assert len(memory.kept) == 1


def test_what_did_not_go_out_is_told_later(any_db: Database, memory: Memory) -> None:
    """A server that wants to be asked later, or is away, has told nobody: the next attempt writes."""
    stands(any_db, MailingStatus.PAUSED)
    memory.stall("ase@fjord.test")
    with pytest.raises(TryLater, match=r"4\.7\.1"):
        notify(any_db, PAUSED, STAFF[:1], SETTINGS)
    memory.accept("ase@fjord.test")
    memory.go_down(Misconfigured("The password is wrong."))
    with pytest.raises(Misconfigured):
        notify(any_db, PAUSED, STAFF[:1], SETTINGS)
    memory.go_down(None)
    assert notify(any_db, PAUSED, STAFF[:1], SETTINGS).to == ["ase@fjord.test"]


def test_one_bad_address_keeps_nobody_from_hearing(any_db: Database, memory: Memory) -> None:
    """What is no address is told with its reason, and so is who refuses; the others are written to."""
    stands(any_db, MailingStatus.PAUSED)
    memory.refuse("jan@xn--grfe-moa.test")
    told = notify(any_db, PAUSED, ["ikke en adresse", *STAFF], SETTINGS)
    assert told.to == ["ase@fjord.test"]
    assert set(told.not_to) == {"ikke en adresse", "jan@xn--grfe-moa.test"}
    assert "User unknown" in told.not_to["jan@xn--grfe-moa.test"]


@pytest.mark.parametrize("status", [MailingStatus.SENDING, MailingStatus.SENT])
def test_over_by_now(any_db: Database, memory: Memory, status: MailingStatus) -> None:
    """Somebody went on with it before the message was written: nobody is alarmed."""
    stands(any_db, status)
    assert notify(any_db, PAUSED, STAFF, SETTINGS).nobody == f"høst-nytt is {status} by now."
    assert memory.kept == []


def test_a_second_run_is_no_trouble(any_db: Database, memory: Memory) -> None:
    """A run that fails because another is at work alarms nobody; once that one has ended without sending all, it does."""
    mailing_id, failed = stands(any_db, MailingStatus.SENDING), Trouble("høst-nytt", "failed", "høst-nytt is already being sent.")
    with any_db.writing() as session:
        lease = leases.take(session, session.get_one(Mailing, mailing_id), LeaseRole.CONDUCTOR).id
    assert notify(any_db, failed, STAFF, SETTINGS).nobody == "høst-nytt is being sent."
    with any_db.writing() as session:
        leases.end(session, lease)
    assert notify(any_db, failed, STAFF[:1], SETTINGS).to == ["ase@fjord.test"]
    assert len(memory.kept) == 1


def test_what_cannot_be(any_db: Database, memory: Memory) -> None:
    """An installation that names no sender, and a list without an address write to nobody, each saying why."""
    stands(any_db, MailingStatus.PAUSED)
    with pytest.raises(Misconfigured, match="MAILINGS_SYSTEM_FROM"):
        notify(any_db, PAUSED, STAFF, Settings(email_transport="memory"))
    assert notify(any_db, PAUSED, [], SETTINGS).nobody == "Nobody is named who could be written to."
    assert memory.kept == []


def test_over_smtp(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real server takes it: the words come through its wire as they were written, letters and all."""
    stands(db, MailingStatus.PAUSED)
    monkeypatch.setenv("MAILINGS_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("MAILINGS_SECRET", "a-secret-of-the-tests")
    with mailbox() as box:
        monkeypatch.setenv("MAILINGS_SMTP_PORT", str(box.port))
        told = notify(db, PAUSED, STAFF, SETTINGS.model_copy(update={"email_transport": "smtp"}))
    assert len(told.to) == len(box.taken) == 2
    letter = message_from_bytes(box.taken[0].content, policy=policy.default)
    assert isinstance(letter, EmailMessage)
    assert letter["Subject"] == "høst-nytt is paused"
    assert "mailings resume høst-nytt" in part(letter, "plain")


def test_by_sendgrid(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """SendGrid takes it as any other message, under no delivery's number and in no mailing's statistics."""
    stands(db, MailingStatus.PAUSED)
    monkeypatch.setenv("MAILINGS_SECRET", "a-secret-of-the-tests")
    monkeypatch.setenv("MAILINGS_SENDGRID_API_KEY", KEY)
    with sendgrid() as double:
        monkeypatch.setenv("MAILINGS_SENDGRID_HOST", f"http://127.0.0.1:{double.port}")
        told = notify(db, PAUSED, STAFF, SETTINGS.model_copy(update={"email_transport": "sendgrid"}))
        assert len(told.to) == len(double.taken) == 2
        (body,) = double.bodies
    assert body["subject"] == "høst-nytt is paused"
    assert "categories" not in body
    assert {one["custom_args"]["mailings_delivery"] for one in body["personalizations"]} == {"-1.", "-2."}
