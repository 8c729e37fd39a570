"""A report: rates as domain.md H.1 defines them, everybody once, nothing divided by nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from mailings.clock import standing_at
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, Mailing, MailingStatus, TrackedLink, Verdict
from mailings.model.figure import stale
from mailings.reported import BounceKind, BounceWhy, EventKind
from mailings.reports.counting_anew import freshen, to_be_counted
from mailings.reports.figures import figures_of_all
from mailings.tracking.counting import choose, counted, links_of_mailing
from mailings.tracking.registered import reset_in_mailing
from tests.reports.told import report
from tests.sending import world
from tests.tracking.told import B, K, heard, said
from tests.tracking.visiting import LATER, click, record, sent_mailing, visit


def settle(db: Database, mailing_id: int) -> None:
    """Call the mailing sent, and count its figures."""
    with db.writing() as session:
        session.get_one(Mailing, mailing_id).status = MailingStatus.SENT
    freshen(db, mailing_id)


@pytest.mark.parametrize("when", ["before anything came back", "after it"])
def test_vector_e(any_db: Database, when: str) -> None:
    """10 sent, 2 hard, 1 soft, 4 opened, 3 clickers: delivered 7, 57.14 %, 42.86 %, 20 %, 10 %, 30 %; whenever it is counted first."""
    mailing_id, deliveries = sent_mailing(any_db, recipients=10)
    if when == "before anything came back":
        settle(any_db, mailing_id)
    one, two, three, four, *_, eight, nine, ten = deliveries
    back = [(eight, B.HARD), (nine, B.INVALID), (ten, B.SOFT)]
    heard(any_db, *(said(any_db, number, K.BOUNCED, bounce=kind, reason="Postboks finnes ikke") for number, kind in back))
    record(any_db, visit(one), click(two, 1), click(three, 1), click(three, 2), click(four, 1), click(four, 1))
    if when != "before anything came back":
        settle(any_db, mailing_id)
    found = report(any_db, mailing_id)
    counts = ("sent", "delivered", "opened", "clicked", "hard_bounced", "soft_bounced", "bounced")
    assert [found[what] for what in counts] == [10, 7, 4, 3, 2, 1, 3]
    rates = ("open_rate", "click_rate", "hard_bounce_rate", "soft_bounce_rate", "bounce_rate")
    assert [f"{found[rate]:.2%}" for rate in rates] == ["57.14%", "42.86%", "20.00%", "10.00%", "30.00%"]
    assert found["clicks"] == 5
    assert [(row["clickers"], row["clicks"]) for row in found["links"]] == [(3, 4), (1, 1), (0, 0), (0, 0), (0, 0)]
    assert found["recipients_by_status"] == {"read": 4, "sent": 3, "bounced": 2, "soft_bounced": 1}


def test_nothing_is_divided_by_nothing(any_db: Database) -> None:
    """A mailing of which nothing has left has no rates; one of which all came back has no open rate."""
    draft = world.mailing(any_db, "utkast", recipients=2)
    found = report(any_db, draft)
    assert [found[rate] for rate in ("open_rate", "click_rate", "bounce_rate", "complaint_rate")] == [None] * 4
    assert found["recipients_by_status"] == {"ready": 2}
    mailing_id, deliveries = sent_mailing(any_db, recipients=1)
    heard(any_db, said(any_db, deliveries[0], K.BOUNCED, bounce=B.POLICY))
    found = report(any_db, mailing_id)
    assert (found["delivered"], found["open_rate"], found["bounce_rate"]) == (0, None, 1.0)
    # a policy bounce says nothing of the address: in the total, neither hard nor soft
    assert (found["hard_bounce_rate"], found["soft_bounce_rate"], found["bounces"]) == (
        0,
        0,
        [{"kind": "policy", "why": "unknown", "n": 1}],
    )


def test_what_stands_around_the_numbers(any_db: Database) -> None:
    """Hours of first opens and clicks, programs as they tell themselves, domains, everybody under one word, tests nowhere."""
    mailing_id, deliveries = sent_mailing(any_db, recipients=5)
    with any_db.writing() as session:
        world.add_recipients(session, mailing_id, 2, Verdict.DUPLICATE, "ørjan")
        world.add_recipients(session, mailing_id, 1, Verdict.NO_ADDRESS, "désirée")
        session.get_one(Delivery, deliveries[4]).test = True
    settle(any_db, mailing_id)
    mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    record(any_db, visit(deliveries[0], agent=mac), click(deliveries[0], 2, at=LATER + timedelta(hours=1)), visit(deliveries[4]))
    record(
        any_db,
        visit(deliveries[1]),
        visit(deliveries[1], at=LATER + timedelta(days=1)),
        click(deliveries[2], None, url="https://fjord.test/bare"),
    )
    found = report(any_db, mailing_id)
    first, second = LATER.replace(minute=0).isoformat(), (LATER + timedelta(hours=1)).replace(minute=0).isoformat()
    assert found["hours"] == [{"at": first, "opened": 3, "clicked": 1}, {"at": second, "opened": 0, "clicked": 1}]
    assert found["clients"] == [{"client": name, "opened": 1} for name in ("unknown", "Apple Mail", "Firefox")]
    assert found["domains"] == [
        {"domain": "fjord.test", "sent": 4, "delivered": 4, "opened": 3, "clicked": 2, "bounced": 0, "complained": 0}
    ]
    assert found["recipients_by_status"] == {"read": 3, "duplicate": 2, "no_address": 1, "ready": 1, "sent": 1}
    assert found["links"][-1] == {"number": None, "url": "", "name": "", "clickers": 1, "clicks": 1, "machine_clicks": 0}
    assert sum(found["recipients_by_status"].values()) == 8


def test_the_largest_domains_have_names(any_db: Database) -> None:
    """Fifty domains are named, the others counted together; what happens at those later is, too."""
    mailing_id, deliveries = sent_mailing(any_db, recipients=53)
    with any_db.writing() as session:
        for number, delivery in enumerate(deliveries[2:]):
            session.get_one(Delivery, delivery).address = f"åse@firma-{number:02}.test"
    settle(any_db, mailing_id)
    record(any_db, visit(deliveries[0]), visit(deliveries[2]), visit(deliveries[51]), visit(deliveries[52]))
    domains = report(any_db, mailing_id)["domains"]
    assert (len(domains), domains[-1]["domain"]) == (51, "…")
    assert {row["domain"]: row["opened"] for row in domains if row["opened"]} == {"fjord.test": 1, "firma-00.test": 1, "…": 2}
    assert sum(row["sent"] for row in domains) == 53


def test_lists_of_mailings_say_what_reports_say(any_db: Database) -> None:
    """Numbers and rates of many mailings at once, kept, under way or never counted, are those of each one's report."""
    ids = []
    for name in ("høst-nytt", "vår-nytt", "sommer-nytt"):
        mailing_id, deliveries = sent_mailing(any_db, recipients=4, name=name)
        ids.append(mailing_id)
        if name == "høst-nytt":
            settle(any_db, mailing_id)
        record(any_db, visit(deliveries[0]), click(deliveries[1], 1))
        heard(any_db, said(any_db, deliveries[2], EventKind.BOUNCED, bounce=BounceKind.SOFT, bounce_why=BounceWhy.FULL))
    with any_db.writing() as session:
        session.execute(update(Mailing).where(Mailing.id == ids[2]).values(status=MailingStatus.SENT))
        queued = update(Delivery).where(Delivery.mailing_id == ids[1], Delivery.id == session.scalar(text("SELECT 8")))
        session.execute(queued.values(status=DeliveryStatus.QUEUED))
    draft = world.mailing(any_db, "utkast", recipients=2)
    with any_db.reading() as session:
        found = figures_of_all(session, [*ids, draft])
    assert {name: n for name, n in found[draft].items() if n} == {}
    for mailing_id in ids:
        said_of_one = report(any_db, mailing_id)
        same = set(found[mailing_id]) - ({"clicks"} if mailing_id != ids[0] else set())
        assert {name: said_of_one[name] for name in same} == {name: found[mailing_id][name] for name in same}


def test_lists_of_links_say_the_same_kept_or_walked(any_db: Database) -> None:
    """Clicks, people and machines of each link, before the figures are kept, when they are, after a reset, and when they are again."""
    mailing_id, (one, two, _) = sent_mailing(any_db)
    record(any_db, click(one, 1), click(one, 1), click(two, 1), click(two, 2), click(one, 3, agent="Mimecast"))

    def links() -> list[tuple[int, int, int]]:
        """Of each link: clicks of people, people, clicks of machines; the same when it is asked for by its number."""
        with any_db.reading() as session:
            mailing = session.get_one(Mailing, mailing_id)
            listed = [(link.clicks, link.clickers, link.machine_clicks) for link in links_of_mailing(session, mailing)]
            assert listed == [counted(session, choose(session, str(number), mailing)) for number in range(1, 6)]
        return listed

    assert links() == [(3, 2, 0), (1, 1, 0), (0, 0, 1), (0, 0, 0), (0, 0, 0)]
    settle(any_db, mailing_id)
    record(any_db, click(two, 3))
    assert links() == [(3, 2, 0), (1, 1, 0), (1, 1, 1), (0, 0, 0), (0, 0, 0)]
    with any_db.writing() as session, standing_at(LATER + timedelta(seconds=1)):
        reset_in_mailing(session, session.scalars(select(TrackedLink).where(TrackedLink.number == 1)).one())
    record(any_db, click(two, 1, at=LATER + timedelta(minutes=5)))
    again = [(1, 1, 0), (1, 1, 0), (1, 1, 1), (0, 0, 0), (0, 0, 0)]
    assert links() == again
    freshen(any_db, mailing_id)
    assert links() == again
    record(any_db, click(one, 1, at=LATER + timedelta(minutes=6)))
    assert links()[0] == (2, 2, 0)


def test_a_link_is_reset_when_its_old_events_are_deleted(any_db: Database) -> None:
    """Without the events nothing can be counted anew: the kept clicks of that link are taken away, others stay, and new ones count."""
    mailing_id, (one, two, _) = sent_mailing(any_db)
    record(any_db, click(one, 1), click(two, 1), click(two, 2))
    settle(any_db, mailing_id)
    with any_db.writing() as session:
        session.get_one(Mailing, mailing_id).events_deleted_at = LATER
        session.execute(text("DELETE FROM event"))
    assert [row["clickers"] for row in report(any_db, mailing_id)["links"][:2]] == [2, 1]
    with any_db.writing() as session, standing_at(LATER + timedelta(seconds=1)):
        reset_in_mailing(session, session.scalars(select(TrackedLink).where(TrackedLink.number == 1)).one())
    with standing_at(LATER + timedelta(minutes=7)):  # a month on, nobody would know any more who had clicked before
        record(any_db, click(two, 1, at=LATER + timedelta(minutes=5)), click(two, 1, at=LATER + timedelta(minutes=6)))
    assert [(row["clickers"], row["clicks"]) for row in report(any_db, mailing_id)["links"][:2]] == [(1, 2), (1, 1)]
    with any_db.writing() as session:
        stale(session, [mailing_id])
    with any_db.reading() as session:
        assert to_be_counted(session) == [mailing_id]
    freshen(any_db, mailing_id)
    assert [(row["clickers"], row["clicks"]) for row in report(any_db, mailing_id)["links"][:2]] == [(1, 2), (1, 1)]
    with any_db.reading() as session:
        assert to_be_counted(session) == []


def test_what_came_back_adds_up(any_db: Database) -> None:
    """What is neither hard nor soft, refused for a policy, has a figure of its own: the three together are all that came back."""
    mailing_id, deliveries = sent_mailing(any_db, recipients=6)
    settle(any_db, mailing_id)
    kinds = (B.HARD, B.INVALID, B.SOFT, B.POLICY, B.POLICY)
    heard(any_db, *(said(any_db, one, K.BOUNCED, bounce=kind, reason="Nei") for one, kind in zip(deliveries, kinds, strict=False)))
    found = report(any_db, mailing_id)
    assert [found[what] for what in ("hard_bounced", "soft_bounced", "other_bounced", "bounced")] == [2, 1, 2, 5]
