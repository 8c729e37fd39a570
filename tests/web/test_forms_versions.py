"""A form that was pushed while somebody filled it in: what they saw is what they answered."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailings.db import Database
from mailings.forms.keys import HOLDS
from mailings.model import Consent, OptOut
from tests.web.formed import Formed, formed, hidden

FORM = """
name: havn
title: Havna
fields:
- {kind: email, mandatory: true}
- {kind: consent, text: "%s"}
- {kind: topics, topics: [%s], unticked: opt_out}
"""
BEFORE, AFTER = FORM % ("Bare nytt om havna", "News"), FORM % ("Alt til alle partnere", "News, Promotions")


@pytest.fixture
def open_page(any_db: Database) -> tuple[Formed, str]:
    """A form, and the key of a page of it that was opened before the form was pushed anew."""
    there = formed(any_db, BEFORE)
    key = there.key()
    formed(any_db, AFTER)
    return there, key


def test_a_page_opened_before_a_push_is_taken_by_its_own_words(open_page: tuple[Formed, str]) -> None:
    """The consent that is kept has the words that were on the page, and no topic is left that was not on it."""
    there, key = open_page
    assert there.send({"email": "ase@fjord.test", "consent": "yes", "topics": "News"}, key=key).status_code == 200
    (sent,) = there.submissions()
    assert (sent.version, sent.values["topics"]) == (1, ["News"])
    with there.db.reading() as session:
        assert session.scalars(select(Consent.comment)).all() == ["Bare nytt om havna"]
        assert session.scalars(select(OptOut.id)).all() == []


def test_a_page_with_something_wrong_is_shown_again_as_it_was(open_page: tuple[Formed, str]) -> None:
    """Whoever has to put something right goes on with the page they read, under the key that says which it was."""
    there, key = open_page
    again = there.send({"email": "ingen", "consent": "yes"}, key=key)
    assert again.status_code == 422
    assert "Bare nytt om havna" in again.text
    assert "Alt til alle partnere" not in again.text
    assert hidden(again.text)["key"] == key


def test_a_page_that_is_too_old_is_shown_as_the_form_is_now(any_db: Database) -> None:
    """After a week the words of today are shown, with a key that says so, and what was written still in them."""
    there = formed(any_db, BEFORE)
    key = there.key(seconds_ago=HOLDS + 60)
    formed(any_db, AFTER)
    again = there.send({"email": "ase@fjord.test", "consent": "yes"}, key=key)
    assert (again.status_code, there.submissions()) == (422, [])
    assert "Alt til alle partnere" in again.text
    assert hidden(again.text)["key"].startswith("2-")
    assert "ase@fjord.test" in again.text


def test_files_of_a_page_opened_before_a_push_still_fit(db: Database) -> None:
    """A form that takes files no more still takes those of a page that asked for them."""
    asks = "name: havn\ntitle: Havna\nfields:\n- {kind: email}\n- {kind: upload, identifier: plan, max_kb: 4000}\n"
    there = formed(db, asks)
    key = there.key()
    formed(db, asks.rpartition("- ")[0])
    sent = there.send({"email": "ase@fjord.test"}, key=key, files=[("field_plan", ("plan.pdf", bytes(3_000_000), "application/pdf"))])
    assert sent.status_code == 200
    assert [name for _, name, _ in there.files()] == ["plan.pdf"]
