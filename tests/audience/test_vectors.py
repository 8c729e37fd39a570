"""The test vectors of domain C, on both databases."""

from __future__ import annotations

from pathlib import Path

from mailings.clock import now
from mailings.db import Database
from mailings.model import (
    OptOut,
)
from tests.audience.people import company, person, project, selection, topic
from tests.audience.populated import populated


def test_vector_a_selection_and_project(any_db: Database, tmp_path: Path) -> None:
    """Linking a project adds its people; linking a selection too adds the selection's people only (test vector a)."""
    with any_db.writing() as session:
        p1, p2, p3 = (person(session, name) for name in ("Åse", "Bjørn", "Çelik"))
        selection(session, "Kunder", p1, p2)
        project(session, "Messe", p2, p3)
        assert populated(session, tmp_path, archive={"project": "Messe"}) == {"Bjørn": "eligible", "Çelik": "eligible"}
        both = populated(session, tmp_path, archive={"selection": "Kunder", "project": "Messe"})
        assert both == {"Åse": "eligible", "Bjørn": "eligible"}


def test_vector_b_nobody_without_an_address_is_sendable(any_db: Database, tmp_path: Path) -> None:
    """A person without a valid address is kept to be explained, as no_address (test vector b, D26)."""
    with any_db.writing() as session:
        chosen = [person(session, "Åse"), person(session, "Bjørn", ""), person(session, "Çelik", "çelik@@x")]
        selection(session, "Kunder", *chosen)
        found = populated(session, tmp_path, archive={"selection": "Kunder"})
        assert found == {"Åse": "eligible", "Bjørn": "no_address", "Çelik": "no_address"}


def test_vector_c_one_message_an_address(any_db: Database, tmp_path: Path) -> None:
    """Two people with one address: one gets it and one is a duplicate; with the option off both get it (test vector c)."""
    with any_db.writing() as session:
        selection(session, "Kunder", person(session, "Åse", "felles@hytta.test"), person(session, "Bjørn", "FELLES@hytta.test"))
        once = populated(session, tmp_path, archive={"selection": "Kunder"})
        assert once == {"Åse": "eligible", "Bjørn": "duplicate"}
        both = populated(session, tmp_path, archive={"selection": "Kunder"}, options={"one_per_address": False})
        assert both == {"Åse": "eligible", "Bjørn": "eligible"}


def test_vector_d_topics(any_db: Database, tmp_path: Path) -> None:
    """Who opted out of News gets no News, but Promotions, and what has no topic (test vector d)."""
    with any_db.writing() as session:
        news, _ = topic(session, "News"), topic(session, "Promotions")
        reader = person(session, "Åse")
        session.add(OptOut(person_id=reader.id, topic_id=news.id, since=now(), source="Unsubscribe page"))
        selection(session, "Kunder", reader)
        linked = {"selection": "Kunder"}
        assert populated(session, tmp_path, archive=linked, topic="News") == {"Åse": "not_subscribed"}
        assert populated(session, tmp_path, archive=linked, topic="Promotions") == {"Åse": "eligible"}
        assert populated(session, tmp_path, archive=linked) == {"Åse": "eligible"}


def test_vector_g_companies(any_db: Database, tmp_path: Path) -> None:
    """Prefer company: the company with an address gets it instead of its people; without one its people do (test vector g)."""
    with any_db.writing() as session:
        c1, c2 = company(session, "Fjord AS", "post@fjord.test"), company(session, "Ijssel BV")
        p1, p2 = person(session, "P1", company_id=c1.id), person(session, "P2", company_id=c1.id)
        p3, p4 = person(session, "P3", company_id=c2.id), person(session, "P4")
        selection(session, "Kunder", p1, p2, p3, p4)
        linked, options = {"selection": "Kunder"}, {"include_companies": True, "prefer_company": True}
        preferred = populated(session, tmp_path, archive=linked, options=options)
        assert {name for name, verdict in preferred.items() if verdict == "eligible"} == {"Fjord AS", "P3", "P4"}
        assert preferred["P1"] == preferred["P2"] == "company_preferred"
        included = populated(session, tmp_path, archive=linked, options={"include_companies": True})
        assert set(included.values()) == {"eligible"}
        assert set(included) == {"Fjord AS", "P1", "P2", "P3", "P4"}
