"""Topics: the usual ones are there, names are unique however they are spelled."""

from __future__ import annotations

import pytest

from mailings.consent.topics import add_topic, describe_topic, ensure_default_topics, opt_out_counts, topic_named, topics
from mailings.consent.withdrawing import opt_out
from mailings.db import Database
from mailings.errors import NotAllowed, NotFound
from tests.consent.waiting import a_person
from tests.meanwhile import meanwhile


def test_default_topics(any_db: Database) -> None:
    """The four usual topics are added once; one that is there under another spelling is not doubled."""
    with any_db.writing() as session:
        add_topic(session, "NEWS")
        assert ensure_default_topics(session) == ["Invitations", "Promotions", "Urgent messages"]
        assert ensure_default_topics(session) == []
        assert [topic.name for topic in topics(session)] == ["NEWS", "Invitations", "Promotions", "Urgent messages"]


def test_two_at_once(any_db: Database) -> None:
    """Two who install in the same moment add each default topic once; of two who add one by name the later is told that it is taken."""

    def default() -> list[str]:
        with any_db.writing() as session:
            return ensure_default_topics(session)

    def named() -> str:
        with any_db.writing() as session, pytest.raises(NotAllowed) as told:
            add_topic(session, "Møter")
        return str(told.value)

    assert meanwhile(any_db, ensure_default_topics, default) == []
    assert meanwhile(any_db, lambda session: add_topic(session, "Møter"), named) == "There is a topic named Møter already."
    with any_db.reading() as session:
        assert sorted(topic.name for topic in topics(session)) == ["Invitations", "Møter", "News", "Promotions", "Urgent messages"]


def test_names_of_topics(any_db: Database) -> None:
    """A topic is found in any letters, also beyond A to Z; an empty or taken name is refused, an unknown one says which there are."""
    with any_db.writing() as session:
        add_topic(session, "  Møter  på Ås ")
        assert topic_named(session, "MØTER PÅ ÅS").name == "Møter på Ås"
        with pytest.raises(NotAllowed, match="There is a topic named Møter på Ås already"):
            add_topic(session, "møter på ås")
        with pytest.raises(NotAllowed, match="needs a name"):
            add_topic(session, "  ")
        with pytest.raises(NotFound, match="no topic named Nyheter; there are Møter på Ås"):
            topic_named(session, "Nyheter")


def test_counting_opt_outs(any_db: Database) -> None:
    """How many people do not take a topic."""
    with any_db.writing() as session:
        news = add_topic(session, "News")
        for number in range(3):
            opt_out(session, a_person(session, f"p{number}@x.test").id, news.id, "User")
        assert opt_out_counts(session) == {news.id: 3}


def test_a_topic_says_what_it_is_about(any_db: Database) -> None:
    """The sentence is kept in one line, an empty one takes it away, and a topic that is not there is named."""
    with any_db.writing() as session:
        ensure_default_topics(session)
        assert describe_topic(session, "news", " Hva som skjer\nhos oss ").description == "Hva som skjer hos oss"
        assert describe_topic(session, "News", "").description == ""
        with pytest.raises(NotFound, match="There is no topic named Nyheter; there are Invitations"):
            describe_topic(session, "Nyheter", "x")
