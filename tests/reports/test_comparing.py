"""Mailings compared: sorted, chosen and averaged by the figures of their reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, text

from mailings import clock
from mailings.audience.drafts import folder_at
from mailings.db import Database
from mailings.errors import NotFound
from mailings.model import Mailing, MailingType, Topic
from mailings.reports.comparing import SORTS, Compared, Wanted, best, by_topic, compared, this_year, together
from mailings.reports.counting_anew import freshen
from mailings.reports.figures import report_of
from mailings.reports.listed import Asked, mailings_listed
from tests.sending import world
from tests.tracking.visiting import SENT, click, record, sent_mailing, visit


def begun(db: Database, name: str, opened: int, clicked: int = 0, topic: str | None = None) -> int:
    """A finished mailing to 12, opened and clicked so often; each was begun a day after the last."""
    mailing_id, deliveries = sent_mailing(db, recipients=12, name=name)
    record(db, *(visit(one) for one in deliveries[:opened]), *(click(one) for one in deliveries[:clicked]))
    with db.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        mailing.started_at = SENT + timedelta(days=mailing_id)
        session.execute(text("UPDATE mailing SET status = 'sent' WHERE id = :id"), {"id": mailing_id})
        if topic:
            there = session.query(Topic).filter_by(name=topic).one_or_none() or Topic(name=topic)
            session.add(there)
            session.flush()
            mailing.topic_id = there.id
    freshen(db, mailing_id)
    return mailing_id


def names(db: Database, **wanted: object) -> list[str]:
    """The mailings in their order."""
    with db.reading() as session:
        return [one.name for one in compared(session, Wanted(**wanted))]  # type: ignore[arg-type]


def all_of(db: Database) -> list[Compared]:
    """Every mailing compared."""
    with db.reading() as session:
        return compared(session)


def test_sorted_and_chosen(any_db: Database) -> None:
    """The highest come first, those without a figure last; folder (and those below), topic, type and day choose; drafts are left out."""
    begun(any_db, "ål", opened=3, clicked=3, topic="Nyheter")
    begun(any_db, "bær", opened=9, clicked=1, topic="Tilbud")
    third = begun(any_db, "Åse", opened=6, clicked=2, topic="Nyheter")
    world.mailing(any_db, "utkast")
    nobody = world.mailing(any_db, "ingen", started_at=SENT)
    with any_db.writing() as session:
        session.get_one(Mailing, third).folder_id = folder_at(session, "2026/høst")
        session.get_one(Mailing, nobody).type = MailingType.SMS
    assert names(any_db) == ["Åse", "bær", "ål", "ingen"]
    assert names(any_db, sort="open_rate") == ["bær", "Åse", "ål", "ingen"]
    assert names(any_db, sort="click_rate") == ["ål", "Åse", "bær", "ingen"]
    assert names(any_db, sort="name") == ["bær", "ingen", "ål", "Åse"]
    assert names(any_db, topic="Nyheter") == ["Åse", "ål"]
    assert names(any_db, folder="2026") == names(any_db, folder="2026/høst") == ["Åse"]
    assert names(any_db, type=MailingType.SMS) == ["ingen"]
    assert names(any_db, since=SENT + timedelta(days=2)) == ["Åse", "bær"]
    assert all(set(names(any_db, sort=sort)) == {"Åse", "bær", "ål", "ingen"} for sort in SORTS)
    for wrong in ({"sort": "luck"}, {"topic": "Sport"}, {"folder": "2025"}):
        with pytest.raises(NotFound):
            names(any_db, **wrong)


def test_figures_are_the_reports(any_db: Database) -> None:
    """What is compared of a mailing is what its own report says; and averages are of all recipients together, not of the rates."""
    ids = [begun(any_db, "ål", 3, 3, "Nyheter"), begun(any_db, "bær", 9, 1, "Nyheter"), begun(any_db, "cider", 12)]
    found = {one.name: one for one in all_of(any_db)}
    with any_db.reading() as session:
        for mailing_id in ids:
            mailing = session.get_one(Mailing, mailing_id)
            report = report_of(session, mailing)
            figures = found[mailing.name].figures
            assert {word: figures[word] for word in figures} == {word: report[word] for word in figures}
    topics = {row["topic"]: row for row in by_topic(found.values())}
    assert (topics["Nyheter"]["mailings"], topics["Nyheter"]["sent"]) == (2, 24)
    assert (topics["Nyheter"]["open_rate"], topics["Nyheter"]["click_rate"], topics[None]["open_rate"]) == (0.5, 4 / 24, 1.0)
    assert together([])["open_rate"] is None


def test_what_nobody_is_seen_to_read(any_db: Database) -> None:
    """Text messages and letters have no open rate, which is not 0 %; they lower no topic's and no year's, and stand last where sorted."""
    ids = [begun(any_db, name, opened, clicked, "Nyheter") for name, opened, clicked in (("ål", 6, 3), ("sms", 0, 0), ("brev", 0, 0))]
    with any_db.writing() as session:
        for mailing_id, kind in zip(ids[1:], (MailingType.SMS, MailingType.DOCUMENT), strict=True):
            session.get_one(Mailing, mailing_id).type = kind
    found = {one.name: one.figures for one in all_of(any_db)}
    rates = ("open_rate", "click_rate", "unsubscribe_rate", "bounce_rate")
    assert [found["sms"][rate] for rate in rates] == [None, None, None, 0.0]
    assert [found["brev"][rate] for rate in rates] == [None] * 4
    (topic,) = by_topic(all_of(any_db))
    assert (topic["mailings"], topic["sent"], topic["open_rate"], topic["click_rate"], topic["bounce_rate"]) == (3, 36, 0.5, 0.25, 0.0)
    assert names(any_db, sort="open_rate")[0] == names(any_db, sort="click_rate")[0] == "ål"
    assert [one.name for one in best(all_of(any_db))] == ["ål"]
    with any_db.reading() as session:
        for down in (True, False):
            rows, _ = mailings_listed(session, Asked(sort="open_rate", down=down))
            assert [row.figures["open_rate"] for row in rows] == [0.5, None, None]
        report = report_of(session, session.get_one(Mailing, ids[1]))
        assert {word: report[word] for word in found["sms"]} == found["sms"]


def test_a_year(any_db: Database) -> None:
    """Only mailings begun since the first of January are this year's; its best are those most opened, of those that reached enough."""
    begun(any_db, "ål", 3)
    begun(any_db, "bær", 9)
    few, _ = sent_mailing(any_db, recipients=2, name="få")
    with any_db.writing() as session:
        session.execute(text("UPDATE delivery SET opened_at = sent_at WHERE mailing_id = :id"), {"id": few})
        session.get_one(Mailing, few).started_at = SENT
    with clock.standing_at(datetime(2026, 12, 31, tzinfo=UTC)):
        mailings = all_of(any_db)
        assert [one.name for one in best(this_year(mailings))] == ["bær", "ål"]
    with clock.standing_at(datetime(2027, 1, 1, tzinfo=UTC)):
        assert this_year(mailings) == []


def test_a_hundred_take_no_more_statements_than_two(db: Database) -> None:
    """However many mailings are compared, the database is asked as often."""

    def asked() -> int:
        """How many statements one comparison takes."""
        said: list[str] = []

        def note(*args: object) -> None:
            """One more."""
            said.append(str(args[2]))

        event.listen(db.engine, "before_cursor_execute", note)
        all_of(db)
        event.remove(db.engine, "before_cursor_execute", note)
        return len(said)

    begun(db, "ål", 1)
    begun(db, "bær", 1)
    few = asked()
    for number in range(10):
        begun(db, f"nr-{number}", 1)
    assert asked() == few
