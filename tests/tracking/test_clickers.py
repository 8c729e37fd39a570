"""Who clicked what: figures of people and machines, over all mailings and in one; resetting; clickers put somewhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from mailings.clock import standing_at
from mailings.db import Database
from mailings.errors import NotAllowed, NotFound, Unreadable
from mailings.model import Event, Mailing, Person, Recipient, SelectionMember, TrackedLink
from mailings.people.joining import static_selection
from mailings.people.projects import create_project
from mailings.tracking.clickers import clickers, into_project, into_selection
from mailings.tracking.counting import addresses_of_single_recipients, choose, counted, links_of_mailing, registered_links
from mailings.tracking.registered import create_link, delete_link, reset_in_mailing, reset_registered, restore_link
from tests.sending.world import START
from tests.tracking.clicked import click, click_address, delivered, linked, reader, sent


def world(session: Session) -> tuple[Mailing, Mailing]:
    """Two mailings with the registered link `messe`; Åse clicked it in both and Bjørn in one, a stranger and a machine too."""
    shared = create_link(session, "messe", "https://fjord.test/messe")
    autumn, winter = sent(session), sent(session, "vinter")
    for mailing in (autumn, winter):
        session.add(TrackedLink(mailing_id=mailing.id, number=2, name="messe", url=shared.url, registered_id=shared.id))
        linked(session, mailing, 1)
    session.flush()
    ase, bjorn = reader(session, "Åse Ødegård"), reader(session, "Bjørn")
    one = delivered(session, autumn, ase)
    click(session, one, 2, after=1)
    click(session, one, 2, after=2)
    click(session, one, 1, after=3)
    click(session, delivered(session, autumn, bjorn), 2, machine="follows every link", after=4)
    click(session, delivered(session, autumn, None, address="løs@fjord.test"), 2, after=5)
    click(session, delivered(session, winter, ase), 2, after=100)
    click(session, delivered(session, sent(session, "prøve"), bjorn, test=True), 2, after=6)
    later = delivered(session, winter, bjorn)
    later.test = True
    click(session, later, 2, after=7)
    return autumn, winter


def test_figures(any_db: Database) -> None:
    """People, their clicks and machines' clicks apart; a person once over all mailings; tests nowhere."""
    with any_db.writing() as session:
        autumn, winter = world(session)
        assert [(one.name, one.clicks, one.clickers, one.machine_clicks) for one in registered_links(session)] == [("messe", 4, 2, 1)]
        told = [(one.number, one.name, one.clicks, one.clickers, one.machine_clicks) for one in links_of_mailing(session, autumn)]
        assert told == [(1, "lenke1", 1, 1, 0), (2, "messe", 3, 2, 1)]
        assert counted(session, choose(session, "messe")) == (4, 2, 1)
        assert counted(session, choose(session, "messe", winter)) == (1, 1, 0)
        for name in ("1", "lenke1", "https://fjord.test/1"):
            assert counted(session, choose(session, name, autumn)) == (1, 1, 0)
        assert counted(session, choose(session, "1", winter)) == (0, 0, 0)
        with pytest.raises(NotFound, match="no registered link named 'lenke1'"):
            choose(session, "lenke1")
        with pytest.raises(NotFound, match="links list --mailing vinter"):
            choose(session, "ukjent", winter)


def test_clickers(any_db: Database) -> None:
    """Each once for each mailing, who came first coming first; strangers by their address, erased or to be, nameless."""
    with any_db.writing() as session:
        autumn, _ = world(session)
        found = [(one.name, one.address, one.mailing, one.clicks) for one in clickers(session, choose(session, "messe"))]
        assert found == [
            ("Åse Ødegård", "åse@fjord.test", "høst-nytt", 2),
            ("", "løs@fjord.test", "høst-nytt", 1),
            ("Åse Ødegård", "åse@fjord.test", "vinter", 1),
        ]
        (ase,) = clickers(session, choose(session, "messe", autumn), 1)
        person = session.get_one(Person, ase.person)
        person.deleted_at = START
        session.flush()
        assert [(one.person, one.name, one.address) for one in clickers(session, choose(session, "1", autumn))] == [(None, "", "")]
        person.deleted_at = None
        assert (ase.first, ase.last) == (START + timedelta(seconds=1), START + timedelta(seconds=2))
        for recipient in session.scalars(select(Recipient).where(Recipient.person_id == ase.person)):
            recipient.person_id, recipient.address, recipient.erased_at = None, None, START
        session.flush()
        assert [(one.person, one.name, one.address) for one in clickers(session, choose(session, "1", autumn))] == [(None, "", "")]


def test_clickers_put_somewhere(any_db: Database) -> None:
    """The people who clicked come into a selection and a project, each once; strangers are counted as left out."""
    with any_db.writing() as session:
        world(session)
        chosen = choose(session, "messe")
        assert into_selection(session, chosen, static_selection(session, "Varme")) == (1, 1)
        assert into_selection(session, chosen, static_selection(session, "Varme")) == (0, 1)
        assert into_project(session, chosen, create_project(session, "Høstmesse")) == (1, 1)
        assert session.scalar(select(func.count(SelectionMember.id))) == 1


def test_resetting(any_db: Database) -> None:
    """After a reset earlier clicks count no more, in one mailing or in all; the events stay."""
    with any_db.writing() as session:
        autumn, winter = world(session)
        events = session.scalar(select(func.count(Event.id)))
        with standing_at(START + timedelta(seconds=50)):
            tracked = choose(session, "messe", autumn).tracked
            assert tracked is not None
            reset_in_mailing(session, tracked)
        session.flush()
        assert counted(session, choose(session, "messe", autumn)) == (0, 0, 0)
        assert counted(session, choose(session, "messe")) == (1, 1, 0)
        with standing_at(START + timedelta(seconds=200)):
            registered = choose(session, "messe").registered
            assert registered is not None
            reset_registered(session, registered)
        session.flush()
        assert counted(session, choose(session, "messe")) == (0, 0, 0)
        assert list(clickers(session, choose(session, "messe", winter))) == []
        assert counted(session, choose(session, "1", autumn)) == (1, 1, 0), "other links of the mailing count on"
        assert session.scalar(select(func.count(Event.id))) == events


def test_addresses_of_single_recipients(any_db: Database) -> None:
    """Clicks on addresses without a number are counted for the mailing, and found by address with or without the UTM words; no test's."""
    url = "https://fjord.test/søk?id=ås"
    with any_db.writing() as session:
        autumn, winter = world(session)
        autumn.tracking = {"utm": {"source": "nyhetsbrev"}}
        got = delivered(session, autumn, reader(session, "Désirée"))
        long = f"{url}&utm_source=nyhetsbrev&utm_medium=Email"
        for address in (long, long, "https://fjord.test/annen"):
            click_address(session, got, address)
        click_address(session, delivered(session, autumn, None, address="robot@fjord.test"), long, machine="follows every link")
        click_address(session, delivered(session, autumn, reader(session, "Prøve"), test=True), long)
        assert addresses_of_single_recipients(session, autumn) == (3, 1, 1)
        assert addresses_of_single_recipients(session, winter) == (0, 0, 0)
        for asked in (url, long):
            chosen = choose(session, asked, autumn)
            assert counted(session, chosen) == (2, 1, 1)
            assert [(one.name, one.mailing, one.clicks) for one in clickers(session, chosen)] == [("Désirée", autumn.name, 2)]
        assert into_selection(session, choose(session, url, autumn), static_selection(session, "Søkte")) == (1, 0)
        with pytest.raises(NotFound, match="has no link"):
            choose(session, url, winter)
        session.execute(update(Event).where(Event.delivery_id == got.id).values(url=None))  # as erasing does
        assert addresses_of_single_recipients(session, autumn) == (3, 1, 1), "what was counted stays counted"


def test_names_and_addresses(db: Database) -> None:
    """A link needs a name of its own and an address; one that was deleted keeps its name and can be brought back."""
    with db.writing() as session:
        link = create_link(session, "messe", " https://fjord.test/mässe ")
        assert link.url == "https://fjord.test/mässe"
        for name in ("unsubscribe", "online", "2", "med mellomrom", ""):
            with pytest.raises(NotAllowed, match="cannot be a link's name"):
                create_link(session, name, "https://fjord.test/")
        for url in (
            "fjord.test",
            "javascript:alert(1)",
            "mailto:a@fjord.test",
            "https://fjord.test/a b",
            "https://fjord.test/" + "a" * 4000,
        ):
            with pytest.raises(Unreadable, match="no address a link can lead to"):
                create_link(session, "annen", url)
        with pytest.raises(NotAllowed, match="links edit messe"):
            create_link(session, "messe", "https://fjord.test/")
        delete_link(link)
        with pytest.raises(NotAllowed, match="--restore"):
            create_link(session, "messe", "https://fjord.test/")
        restore_link(link)
        assert [one.deleted for one in registered_links(session)] == [False]
