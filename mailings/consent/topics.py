"""Topics: what mailings are about, and what people may opt out of."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.errors import NotAllowed, NotFound
from mailings.model import DEFAULT_TOPICS, OptOut, Topic
from mailings.model.adding import added


def ensure_default_topics(session: Session) -> list[str]:
    """Add those of the default topics that are missing (domain.md C.7); returns the names added. Safe to repeat, and for two at once."""
    there = {name.casefold() for name in session.scalars(select(Topic.name))}
    return [name for name in DEFAULT_TOPICS if name.casefold() not in there and added(session, Topic(name=name))]


def add_topic(session: Session, name: str) -> Topic:
    """Add a topic. Raises NotAllowed when the name is empty or taken, in capitals or small letters."""
    name = " ".join(name.split())
    if not name:
        raise NotAllowed("A topic needs a name.")
    taken, topic = topics_by_name(session).get(name.casefold()), Topic(name=name)
    if taken is not None or not added(session, topic):
        raise NotAllowed(f"There is a topic named {taken.name if taken else name} already.")
    return topic


def describe_topic(session: Session, name: str, description: str) -> Topic:
    """Say what a topic is about, for the preferences page; empty = nothing. Raises NotFound naming those there are."""
    topic = topic_named(session, name)
    topic.description = " ".join(description.split())
    session.flush()
    return topic


def topic_named(session: Session, name: str) -> Topic:
    """The topic of that name, capitals and small letters alike. Raises NotFound naming those there are."""
    known = topics_by_name(session)
    if (topic := known.get(" ".join(name.split()).casefold())) is None:
        raise NotFound(f"There is no topic named {name}; {_choices(t.name for t in known.values())}.")
    return topic


def topics_by_name(session: Session) -> dict[str, Topic]:
    """Every topic by its name in small letters, in the order they were added."""
    return {topic.name.casefold(): topic for topic in session.scalars(select(Topic).order_by(Topic.id))}


def topics(session: Session) -> list[Topic]:
    """Every topic, in the order they were added."""
    return list(session.scalars(select(Topic).order_by(Topic.id)))


def opt_out_counts(session: Session) -> dict[int, int]:
    """How many people do not take each topic, by topic id; topics nobody opted out of are absent."""
    rows = session.execute(select(OptOut.topic_id, func.count()).where(OptOut.ended_at.is_(None)).group_by(OptOut.topic_id))
    return dict(rows.all())


def _choices(names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return f"there are {listed}" if listed else "there are none yet, add one with: mailings topics add NAME"
