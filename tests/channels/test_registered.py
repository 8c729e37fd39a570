"""Registered links in a mailing: named, numbered once, led to where they lead today; unknown ones and actions told at preflight."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.channels import email
from mailings.channels.email import problems_of
from mailings.channels.email.compiling import compile_mailing, compiled_of
from mailings.clock import now
from mailings.db import Database
from mailings.model import Mailing, RegisteredLink, TrackedLink
from tests.channels.conftest import World, the
from tests.channels.made import SETTINGS

HTML = """<html><body><p>Hei</p><a href="[[ link.messe ]]">Messe</a> <a href="[[ link.offer ]]">Tilbud</a>
<a href="https://acme.test/annet">Annet</a> <a href="[[ link['messe'] ]]">igjen</a> <a href="[[ link.unsubscribe ]]">Av</a></body></html>"""


def registered(session: Session, name: str, url: str, **facts: object) -> RegisteredLink:
    """A registered link."""
    made = RegisteredLink(name=name, url=url, created_at=now(), **facts)
    session.add(made)
    session.flush()
    return made


def table(session: Session, world: World) -> list[tuple[object, ...]]:
    """The mailing's links: number, name, address, whether registered."""
    rows = select(TrackedLink.number, TrackedLink.name, TrackedLink.url, TrackedLink.registered_id.is_not(None))
    return [tuple(row) for row in session.execute(rows.where(TrackedLink.mailing_id == world.mailing).order_by(TrackedLink.number))]


def hrefs(session: Session, mailing: Mailing, world: World) -> str:
    """The HTML of the first recipient's message."""
    compiled = compiled_of(session, mailing, SETTINGS)
    return compiled.plain(session.execute(compiled.row.of_recipient(world.recipients[0])).one(), world.deliveries[0])[1]


def test_named_and_numbered(any_db: Database, world: World) -> None:
    """A registered link gets a number of its own when the mailing is compiled, with the mailing's UTM words, and keeps it."""
    with any_db.writing() as session:
        registered(session, "messe", "https://fjord.test/mässe")
        registered(session, "ubrukt", "https://fjord.test/ubrukt")
        mailing = the(session, world)
        mailing.html = HTML
        expected = [
            (1, "offer", "https://acme.test/offer?utm_source=news&utm_medium=Email&utm_campaign=h%C3%B8st", False),
            (2, "messe", "https://fjord.test/mässe?utm_source=news&utm_medium=Email&utm_campaign=h%C3%B8st", True),
            (3, None, "https://acme.test/annet?utm_source=news&utm_medium=Email&utm_campaign=h%C3%B8st", False),
        ]
        for _ in range(2):
            compile_mailing(session, mailing, SETTINGS)
            assert table(session, world) == expected
        shown = hrefs(session, mailing, world)
        assert shown.count('/2"') == 2
        mailing.html = HTML.replace("Annet</a>", 'Annet</a> <a href="https://acme.test/ny">Ny</a> <a href="[[ link.ubrukt ]]">U</a>')
        compile_mailing(session, mailing, SETTINGS)
        assert [row[:2] for row in table(session, world)] == [(1, "offer"), (2, "messe"), (3, None), (4, "ubrukt"), (5, None)]


def test_changed_and_deleted(any_db: Database, world: World) -> None:
    """What is changed holds at once; a deleted one still goes out in a mailing that has it, and in no other."""
    with any_db.writing() as session:
        link, mailing = registered(session, "messe", "https://fjord.test/1"), the(session, world)
        mailing.html, mailing.tracking = HTML, {"clicks": "registered"}
        compile_mailing(session, mailing, SETTINGS)
        link.url, link.deleted_at = "https://fjord.test/2", now()
        session.flush()
        compile_mailing(session, mailing, SETTINGS)
        assert table(session, world) == [(1, "offer", "https://acme.test/offer", False), (2, "messe", "https://fjord.test/2", True)]
        found = problems_of(session, mailing, SETTINGS)
        assert any("link.messe is not a variable" in problem and "mailings links list" in problem for problem in found.problems)


def test_not_tracked(any_db: Database, world: World) -> None:
    """In a mailing that tracks nothing the registered link's own address stands in the message."""
    with any_db.writing() as session:
        registered(session, "messe", "https://fjord.test/mässe?a=1&b=2")
        mailing = the(session, world)
        mailing.html, mailing.tracking = HTML, {"clicks": "none"}
        compile_mailing(session, mailing, SETTINGS)
        assert 'href="https://fjord.test/mässe?a=1&amp;b=2"' in hrefs(session, mailing, world)


def test_a_link_of_the_mailings_own_goes_first(any_db: Database, world: World) -> None:
    """Where both have the name, the mailing's own link is meant."""
    with any_db.writing() as session:
        registered(session, "offer", "https://fjord.test/felles")
        mailing = the(session, world)
        compile_mailing(session, mailing, SETTINGS)
        assert [row[1] for row in table(session, world)].count("offer") == 1
        assert table(session, world)[0][3] is False


def test_two_names_for_one_address(any_db: Database, world: World) -> None:
    """Two named links that lead to the same place keep numbers of their own, and no other link gets one of them."""
    with any_db.writing() as session:
        session.add(TrackedLink(mailing_id=world.mailing, number=2, name="igjen", url="https://acme.test/offer"))
        session.flush()
        mailing = the(session, world)
        mailing.html = HTML.replace("link.messe", "link.igjen").replace("link['messe']", "link.igjen")
        compile_mailing(session, mailing, SETTINGS)
        assert [row[:2] for row in table(session, world)] == [(1, "offer"), (2, "igjen"), (3, None)]


def test_preflight_names_what_actions_lack(any_db: Database, world: World) -> None:
    """Actions that name what is gone, or a form that is not there, keep the mailing from being sent, in a sentence each."""
    with any_db.writing() as session:
        registered(session, "messe", "https://fjord.test/m", actions={"response": {"form": "påmelding"}})
        mailing = the(session, world)
        mailing.html = HTML
        offer = session.scalars(select(TrackedLink).where(TrackedLink.name == "offer")).one()
        offer.actions = {"selections": {"add": ["Borte"]}, "script": {"name": "ukjent"}}
        session.flush()
        problems = email.problems_of(session, mailing, SETTINGS).problems
        assert "link.offer: There is no selection named 'Borte'." in problems
        assert any(problem.startswith("link.offer: There is no script named 'ukjent'") for problem in problems)
        assert any(problem.startswith("link.messe: There is no form named 'påmelding'") for problem in problems)
        offer.actions = {}
        session.flush()
        assert len(email.problems_of(session, mailing, SETTINGS).problems) == 1


def test_actions_that_are_never_done(db: Database, small_world: World) -> None:
    """Where clicks are not tracked, preflight says which links' actions will never be done."""
    with db.writing() as session:
        mailing = the(session, small_world)
        offer = session.scalars(select(TrackedLink).where(TrackedLink.name == "offer")).one()
        offer.actions, mailing.tracking = {"interests": {"add": ["Langrenn"]}}, {"clicks": "none"}
        session.flush()
        (warning,) = [said for said in email.problems_of(session, mailing, SETTINGS).warnings if "never done" in said]
        assert "link.offer" in warning
        mailing.tracking = {"clicks": "registered"}
        assert not any("never done" in said for said in email.problems_of(session, mailing, SETTINGS).warnings)
