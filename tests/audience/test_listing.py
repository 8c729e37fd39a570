"""Lists for people: recipients page by page, and all mailings with their figures."""

from __future__ import annotations

from pathlib import Path

from mailings.audience.drafts import push
from mailings.audience.listing import PAGE, mailings, page_of, recipients
from mailings.audience.populate import populate
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, Recipient, Verdict
from tests.audience.people import company, folder, person, selection, topic


def test_people_without_an_address_have_a_filter_of_their_own(any_db: Database, tmp_path: Path) -> None:
    """The list shows everybody but people without an address, who show under their own filter only (D26)."""
    with any_db.writing() as session:
        fjord = company(session, "Fjord AS")
        selection(
            session,
            "Kunder",
            person(session, "Åse", "ase@x.test", company_id=fjord.id),
            person(session, "Bjørn", ""),
            person(session, "Çelik", None, None),
        )
        mailing = push(session, folder(tmp_path, archive={"selection": "Kunder"}))
        populate(session, mailing, launch=False)
        assert [(row.name, row.verdict) for row in recipients(session, mailing)] == [("Åse", "eligible"), ("Çelik", "no_consent")]
        assert [row.name for row in recipients(session, mailing, Verdict.NO_ADDRESS)] == ["Bjørn"]
        first = page_of(session, mailing, Verdict.ELIGIBLE)[0]
        assert (first.email, first.company, first.source, first.delivery) == ("ase@x.test", "Fjord AS", "Kunder", None)


def test_pages_leave_nobody_out(any_db: Database, tmp_path: Path) -> None:
    """A list of several pages comes whole: everybody once, in order."""
    many = 2 * PAGE + 7
    with any_db.writing() as session:
        mailing = push(session, folder(tmp_path))
        session.add_all(Recipient(mailing_id=mailing.id, address=f"p{n:05}@x.test", verdict=Verdict.ELIGIBLE) for n in range(many))
        session.flush()
        assert [row.email for row in recipients(session, mailing)] == [f"p{n:05}@x.test" for n in range(many)]


def test_sent_again_is_sent_once(any_db: Database, tmp_path: Path) -> None:
    """Who got it three times is one whom it was sent to, and who got it and then not is none."""
    with any_db.writing() as session:
        mailing = push(session, folder(tmp_path))
        for statuses in ((DeliveryStatus.SENT,) * 3, (DeliveryStatus.SENT, DeliveryStatus.FAILED), (DeliveryStatus.BOUNCED,)):
            before = None
            for status in statuses:
                attempt = Delivery(mailing_id=mailing.id, status=status, test=False, again_of=before)
                session.add(attempt)
                session.flush()
                before = attempt.id
        (shown,) = mailings(session)
        assert shown["sent"] == 2


def test_all_mailings(any_db: Database, tmp_path: Path) -> None:
    """Newest first, with topic, folder path, and how many were sent; tests are not counted."""
    with any_db.writing() as session:
        topic(session, "News")
        selection(session, "Kunder", person(session, "Åse"), person(session, "Bjørn", ""))
        keys = {"archive": {"selection": "Kunder", "folder": "2026/høst"}, "topic": "News"}
        first = push(session, folder(tmp_path / "a", name="første", **keys))
        push(session, folder(tmp_path / "b", name="andre"))
        populate(session, first, launch=False)
        for status, test in ((DeliveryStatus.SENT, False), (DeliveryStatus.SENT, True), (DeliveryStatus.FAILED, False)):
            session.add(Delivery(mailing_id=first.id, status=status, test=test))
        session.flush()
        newest, oldest = mailings(session)
        assert (newest["name"], newest["recipients"], newest["folder"]) == ("andre", 0, None)
        shown = {key: oldest[key] for key in ("name", "type", "status", "topic", "folder", "recipients", "sent")}
        assert shown == {
            "name": "første",
            "type": "email",
            "status": "draft",
            "topic": "News",
            "folder": "2026/høst",
            "recipients": 1,
            "sent": 1,
        }
