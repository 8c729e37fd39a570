"""The life of a mailing, walked in every direction."""

from __future__ import annotations

from itertools import product

import pytest

from mailings.clock import now
from mailings.db import Database
from mailings.errors import IllegalMove
from mailings.model import LIFE, Mailing, MailingStatus, MailingType


@pytest.mark.parametrize(("verb", "status"), list(product(LIFE, MailingStatus)))
def test_every_verb_from_every_status(verb: str, status: MailingStatus) -> None:
    """A verb leads from exactly the statuses LIFE names to the one it names; from any other it changes nothing and says so."""
    mailing = Mailing(name="autumn", type=MailingType.EMAIL, status=status)
    origins, target = LIFE[verb]
    if status in origins:
        mailing.move(verb)
        assert mailing.status is target
    else:
        with pytest.raises(IllegalMove, match=f"autumn is {status}"):
            mailing.move(verb)
        assert mailing.status is status


def test_statuses_are_stored_by_their_words(any_db: Database) -> None:
    """Tables hold the words people read, not Python's names, on both databases."""
    with any_db.writing() as session:
        session.add(Mailing(name="høst-nyt", type=MailingType.EMAIL, created_at=now()))
    with any_db.connection(write=False) as connection:
        stored = connection.exec_driver_sql("SELECT type, status, name FROM mailing").one()
    assert tuple(stored) == ("email", "draft", "høst-nyt")
