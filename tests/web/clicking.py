"""A web door in this process for clicks and opens, and its keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from mailings.clock import standing_at
from mailings.db import Database
from mailings.model import TrackedLink
from mailings.settings import Settings
from mailings.tokens import Tokens
from tests.tracking.visiting import LATER
from web.app import make_app

SECRET = "hemmelig-nøkkel-for-prøver"
TOKENS = Tokens(SECRET)
AGENT = {
    "user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1"
}


def door(db: Database) -> TestClient:
    """The web door on this database, not yet open; it follows no redirect."""
    settings = Settings(_env_file=None, secret=SECRET, public_url="https://post.fjord.test", company_name="Fjord & Sønner")
    return TestClient(make_app(db, settings), follow_redirects=False, headers=AGENT, client=("203.0.113.77", 5000))


@contextmanager
def opened(db: Database) -> Iterator[TestClient]:
    """A door that is open at LATER; what it took is written when it closes."""
    with standing_at(LATER), door(db) as client:
        yield client


def written(client: TestClient) -> None:
    """What was taken so far is in the database."""
    assert client.app.state.door.visits.flush()  # type: ignore[attr-defined]


def links(session: Session, mailing_id: int) -> dict[int, TrackedLink]:
    """The mailing's links by number."""
    return {link.number: link for link in session.query(TrackedLink).filter_by(mailing_id=mailing_id)}
