"""A form's page: shown, sent, shown again with what is wrong, taken once; closed, led on, and never a word too much."""

from __future__ import annotations

from datetime import timedelta
from html import escape

import pytest

from mailings import clock
from mailings.db import Database
from mailings.forms.finding import form_named
from mailings.forms.flooding import PER_ADDRESS
from mailings.forms.pushing import activate
from mailings.model import SubmissionStatus
from tests.web.formed import ASE, formed, hidden, inputs

TEXT = '<script>alert("å")</script>'


def test_every_field_is_on_the_page(db: Database) -> None:
    """Each field of the form can be written in, under its label, and nothing of it is ticked or written beforehand but a hidden default."""
    there = formed(db)
    answer = there.client.get(there.path)
    found = {words["name"]: words for words in inputs(answer.text) if words.get("name", "").startswith("field_")}
    assert answer.status_code == 200
    assert {words["name"] for words in inputs(answer.text)} - found.keys() == {"key", "website"}
    others = {"field_language", "field_boat", "field_remark"}
    assert all(f'name="{name}"' in answer.text for name in others)
    assert len(found) + len(others) == 22
    assert found["field_email"] | {"type": "email", "autocomplete": "email"} == found["field_email"]
    assert found["field_source"]["value"] == "nettside"
    assert " checked" not in answer.text
    assert '<html lang="no">' in answer.text, "in the form's language, not the browser's"


def test_what_is_sent_is_taken_and_thanked_for(any_db: Database) -> None:
    """Everything that was written is stored and processed before the answer (D31)."""
    there = formed(any_db)
    there_with = {"guests": "4", "days": ["fredag", "søndag"], "nps": "10", "arrives": "2026-06-12", "remark": "Hund,\r\nto katter"}
    answer = there.send(ASE | there_with)
    (stored,) = there.submissions()
    assert (answer.status_code, "Takk" in answer.text) == (200, True)
    assert stored.status is SubmissionStatus.PROCESSED
    assert (
        stored.values | {"guests": 4, "days": ["fredag", "søndag"], "nps": 10, "remark": "Hund,\nto katter", "consent": True}
        == stored.values
    )
    assert there.people() == ["Åse Ødegård"]


def test_everything_written_stands_there_still_when_something_is_wrong(db: Database) -> None:
    """What is wrong is said at its field and above them all, the cursor is in the first of them; nothing is stored."""
    there = formed(db)
    answer = there.send(ASE | {"name": "", "guests": "99", "days": ["lørdag"], "boat": "Skøyta", "remark": TEXT, "nps": "0"})
    found = {(words["name"], words.get("value")): words for words in inputs(answer.text) if "name" in words}
    assert (answer.status_code, there.submissions()) == (422, [])
    assert found["field_name", ""]["describedby"] == "f-name-wrong"
    assert '<p class="what" id="f-guests-wrong">Skriv 8 eller mindre.</p>' in answer.text
    assert answer.text.count(" autofocus") == 1
    assert '<a href="#f-name">' in answer.text
    assert found["field_guests", "99"]
    assert answer.text.count(" checked") == 4, "dish, day, nps and consent"
    assert '<option value="Skøyta" selected>' in answer.text
    assert escape(TEXT, quote=False) in answer.text.replace("&#34;", '"')
    assert TEXT not in answer.text


def test_a_page_sent_twice_is_one_submission(any_db: Database) -> None:
    """Two presses of the button, or a reload of the answer: thanked each time, stored once, also after the form has become full."""
    there = formed(any_db, max_submissions=1)
    key = there.key()
    answers = [there.send(key=key) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len(there.submissions()) == 1
    closed = there.client.get(there.path)
    assert "Skjemaet er stengt" in closed.text
    assert "<form" not in closed.text


def test_programs_are_thanked_for_nothing(db: Database) -> None:
    """Whoever fills in the field that nobody sees gets the same page as everybody, and nothing is kept."""
    there = formed(db)
    assert there.send(website="https://spam.test").text == there.send().text
    assert len(there.submissions()) == 1


def test_who_is_quicker_than_a_person_presses_once_more(db: Database) -> None:
    """Nobody loses what they wrote: the same page with everything in it, and the next press is taken."""
    there = formed(db)
    with clock.standing_at(clock.now()):
        page = there.send(key=there.key(0))
    assert (page.status_code, there.submissions()) == (422, [])
    assert "veldig fort" in page.text
    assert 'value="Åse Ødegård"' in page.text
    with clock.standing_at(clock.now() + timedelta(seconds=3)):
        assert there.send(key=hidden(page.text)["key"]).status_code == 200
    assert len(there.submissions()) == 1


@pytest.mark.parametrize("which", ["old", "none", "other form", "forged"])
def test_a_page_whose_key_does_not_hold_is_shown_afresh(db: Database, which: str) -> None:
    """Open for more than a week, or with no key of this form: everything stands there, and it can be sent at once."""
    there, other = formed(db), formed(db, name="annen")
    key = {"old": there.key(8 * 86_400), "none": "", "other form": other.key(), "forged": "x" * 40}[which]
    page = there.send(key=key)
    assert (page.status_code, there.submissions()) == (422, [])
    assert "stått åpen" in page.text
    fresh = hidden(page.text)["key"]
    assert fresh != key
    with clock.standing_at(clock.now() + timedelta(seconds=3)):
        assert there.send(key=fresh).status_code == 200


def test_too_much_of_one_address_waits_with_everything_in_it(db: Database) -> None:
    """The third in a row of one address is not taken, says when it will be, and keeps what was written (vector i)."""
    there = formed(db)
    answers = [there.send().status_code for _ in range(PER_ADDRESS.most)]
    third = there.send()
    assert answers == [200] * PER_ADDRESS.most
    assert (third.status_code, len(there.submissions())) == (429, PER_ADDRESS.most)
    assert "ti minutter" in third.text
    assert 'value="Åse Ødegård"' in third.text
    assert there.send(ASE | {"email": "desiree@ijssel.test"}).status_code == 200


def test_a_form_that_is_closed_shows_its_own_page(db: Database) -> None:
    """Inactive, not open yet, over: no form to fill in, and what is sent all the same is not taken."""
    there = formed(db, pages={"inactive": {"title": "Vi er hjemme igjen", "message": "Takk for i år."}})
    key = there.key()
    with db.writing() as session:
        activate(session, form_named(session, there.name), False)
    page, post = there.client.get(there.path), there.send(key=key)
    assert (page.status_code, post.status_code, there.submissions()) == (200, 409, [])
    assert page.text == post.text
    assert "Vi er hjemme igjen" in page.text
    assert "Takk for i år." in page.text
    later = formed(db, name="senere", opens="2099-06-01T08:00:00")
    assert "2099-06-01 08:00 UTC" in later.client.get(later.path).text


def test_visitors_are_led_where_the_author_says_and_nowhere_else(db: Database) -> None:
    """Thanked or closed, on to the definition's own address with the UTM words that led here; nothing in the request changes it."""
    where = "https://vindheim.test/takk?a=å"
    there = formed(
        db, pages={"thank_you": {"redirect": where}, "inactive": {"redirect": "https://vindheim.test/stengt"}}, max_submissions=1
    )
    words = "?utm_source=brev&redirect=https%3A%2F%2Fevil.test&utm_x=1%0d%0aSet-Cookie:%20a=b&next=//evil.test"
    answer = there.send(path=there.path + words, redirect="https://evil.test")
    assert answer.status_code == 303
    location = answer.headers["location"]
    assert location.startswith("https://vindheim.test/takk?a=%C3%A5")
    assert "utm_source=brev" in location
    assert "evil.test" not in location
    assert "set-cookie" not in answer.headers
    assert there.client.get(there.path).headers["location"] == "https://vindheim.test/stengt"


def test_the_author_says_thank_you_otherwise(db: Database) -> None:
    """A title and paragraphs of the form's own, as text."""
    there = formed(db, pages={"thank_you": {"title": "Vi sees!", "message": f"Husk støvler.\n\n{TEXT}"}})
    page = there.send().text
    assert "<h1>Vi sees!</h1>" in page
    assert '<p class="lines">Husk støvler.</p>' in page
    assert TEXT not in page


def test_who_is_known_is_answered_like_who_is_not(db: Database) -> None:
    """No page tells whether an address is known to us."""
    there = formed(db)
    first, again = there.send(), there.send()
    stranger = there.send(ASE | {"email": "ny@fjord.test", "name": "Ny"})
    assert first.text == again.text == stranger.text


def test_there_is_no_form_of_that_name(db: Database) -> None:
    """The quiet page, for looking, sending, its colours, and for names no form can have."""
    there = formed(db)
    quiet = there.client.get("/nothing").text
    for path in ("/f/annet", "/f/Havnedag", "/f/x%00y", "/f/..", "/f/havnedag/", "/f/annet/style.css", "/s/annet"):
        assert (there.client.get(path).status_code, there.client.post(path, data={"key": "x"}).status_code) == (404, 404), path
        assert there.client.get(path).text == quiet


def test_no_cookie_is_set_and_none_is_needed(db: Database) -> None:
    """Filled in and sent without one."""
    there = formed(db)
    answers = [there.client.get(there.path), there.send(), there.client.get("/f/embed.js")]
    assert [answer.headers.get("set-cookie") for answer in answers] == [None] * 3
