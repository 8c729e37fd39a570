"""What a reader is shown who clicks, and the scripts an installation registers: found by name, called once, never in the way."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mailings import seams
from mailings.content.scripts import script_named, within
from mailings.db import Database
from mailings.errors import Misconfigured, NotFound
from mailings.model import Delivery, Errand
from mailings.seams import Seam
from mailings.settings import Settings
from mailings.tracking.responses import Clicked, Redirect, Text, leads_on, response_of
from tests.tracking.clicked import click, delivered, linked, outcomes, reader, run, sent
from tests.tracking.scripts import called, ended, enough

SCRIPTS = Settings(scripts="tests.tracking.scripts")
URL = "https://fjord.test/tilbud?utm_source=nytt&utm_medium=Email"


def shown(db: Database, actions: dict[str, Any], delivery: int | None = None, settings: Settings = SCRIPTS) -> Redirect | Text:
    """What a click on a link with these actions answers."""
    return response_of(db, Clicked(URL, actions, delivery, "tilbud", 1, "høst-nytt"), settings)


def a_delivery(db: Database) -> tuple[int, int]:
    """A message to Désirée; the keys of both."""
    with db.writing() as session:
        autumn, whose = sent(session), reader(session, company_id=None, custom={"by": "Ålesund"})
        linked(session, autumn)
        return delivered(session, autumn, whose).id, whose.id


def test_led_on_or_shown_a_text(db: Database) -> None:
    """A link leads on by itself, or to another address with the same UTM words, or shows a text, plain or HTML."""
    assert leads_on({"interests": {"add": ["Ski"]}})
    assert not leads_on({"response": {}})
    assert shown(db, {}) == Redirect(URL)
    assert shown(db, {"response": {"url": "https://ås.test/a?b=1"}}) == Redirect("https://ås.test/a?b=1&utm_source=nytt&utm_medium=Email")
    plain = shown(db, {"response": {"text": "Takk & hei,\nÅse <3\n\nVi ses", "title": "Sendt"}})
    assert plain == Text("<p>Takk &amp; hei,\nÅse &lt;3</p><p>Vi ses</p>", "Sendt")
    assert shown(db, {"response": {"text": "<p>Takk <b>Åse</b></p>"}}) == Text("<p>Takk <b>Åse</b></p>")


def test_a_form_filled_in(any_db: Database) -> None:
    """A form opens with what is known of the person; of a stranger, a preview and an unknown field nothing is filled in."""
    delivery, _ = a_delivery(any_db)
    form = {"response": {"form": "på melding", "prefill": ["customer.name", "customer.email", "customer.custom.by", "customer.title", "x"]}}
    assert shown(any_db, form, delivery) == Redirect(
        "/f/p%C3%A5%20melding?field_customer.name=D%C3%A9sir%C3%A9e%20van%20der%20IJssel"
        "&field_customer.email=d%C3%A9sir%C3%A9e%40fjord.test&field_customer.custom.by=%C3%85lesund"
    )
    with any_db.writing() as session:
        stranger = delivered(session, sent(session, "annen"), None).id
    for nobody in (None, stranger, 999):
        assert shown(any_db, form, nobody) == Redirect("/f/p%C3%A5%20melding")


def test_scripts_may_lead_elsewhere(any_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script says where a reader is led (E.3); one that fails, misleads or is not there leaves the link's own address."""
    called.clear()
    monkeypatch.setattr("mailings.tracking.responses.PATIENCE", 60.0)  # two seconds may be short for a thread that says it at once
    delivery, person = a_delivery(any_db)
    words = "?utm_source=nytt&utm_medium=Email"
    assert shown(any_db, {"script": {"name": "vise vei"}}, delivery) == Redirect(f"https://fjord.test/{person}/1{words}")
    assert shown(any_db, {"script": {"name": "vise vei"}}) == Redirect(f"https://fjord.test/ukjent/1{words}")
    for name in ("hilse", "feiler", "usikker", "borte"):
        assert shown(any_db, {"script": {"name": name}}, delivery) == Redirect(URL), name
    assert shown(any_db, {"script": {"name": "x"}}, delivery, Settings(scripts="tests.no_such_module")) == Redirect(URL)
    assert called == []


def test_a_script_that_dawdles(any_db: Database) -> None:
    """A script that takes too long to say where a reader is led leaves the link's own address."""
    delivery, _ = a_delivery(any_db)
    enough.clear()
    try:
        assert shown(any_db, {"script": {"name": "treg"}}, delivery) == Redirect(URL)
    finally:
        enough.set()
        ended()


def test_scripts_are_called_for_the_first_click(any_db: Database) -> None:
    """A script is told of a person's first click, once; what it says, or how it failed, stands in the errand."""
    called.clear()
    with any_db.writing() as session:
        autumn, whose = sent(session), reader(session)
        for number, name in enumerate(("hilse", "stum", "feiler", "borte"), 1):
            linked(session, autumn, number, script={"name": name}, set_field={"name": "klikk", "value": "ja"})
        delivery = delivered(session, autumn, whose)
        for number in (1, 1, 2, 3, 4):
            click(session, delivery, number)
    assert run(any_db, SCRIPTS) == 5
    greeted = called[0]
    assert (greeted.link, greeted.url, greeted.mailing, greeted.hits, greeted.first) == (
        "lenke1",
        "https://fjord.test/1",
        "høst-nytt",
        2,
        True,
    )
    assert len(called) == 3
    assert outcomes(any_db) == [
        f"Set klikk to ja. Script hilse: hilste på {greeted.person}",
        "Set klikk to ja.",
        "Set klikk to ja. Script stum: done",
        "Set klikk to ja. The script feiler failed: ValueError: æsj",
        "Set klikk to ja. The script borte was not called: There is no script named 'borte'; "
        "name the module that registers it in MAILINGS_SCRIPTS.",
    ]


class Killed(BaseException):
    """The process ends here."""


def test_a_script_is_never_called_twice(any_db: Database) -> None:
    """A runner that dies after its commit leaves a script uncalled and says so; the next one does not call it."""
    called.clear()
    with any_db.writing() as session:
        autumn = sent(session)
        linked(session, autumn, script={"name": "hilse"})
        click(session, delivered(session, autumn, reader(session)))

    def die(seam: Seam, when: str) -> None:
        if (seam, when) == (Seam.COMMIT, "after"):
            raise Killed

    seams.watch(die)
    try:
        with pytest.raises(Killed):
            run(any_db, SCRIPTS)
    finally:
        seams.unwatch(die)
    assert run(any_db, SCRIPTS) == 0
    assert called == []
    assert outcomes(any_db) == ["The script hilse was begun; whether it came to its end is not known."]


def test_finding_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that cannot be imported and a name nobody registered are a sentence each."""
    assert script_named("hilse", " tests.tracking.scripts ,").run is not None
    with pytest.raises(NotFound, match="MAILINGS_SCRIPTS"):
        script_named("ukjent", "tests.tracking.scripts")
    (tmp_path / "broken_scripts.py").write_text("raise RuntimeError('æsj')", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(Misconfigured, match="names broken_scripts, which cannot be imported: RuntimeError: æsj"):
        script_named("hilse", "broken_scripts")


def test_too_many_at_once() -> None:
    """Scripts that never end take their places and no more: the next one is not waited for."""
    ended()
    end = threading.Event()
    try:
        for _ in range(8):
            with pytest.raises(TimeoutError, match="took longer"):
                within(0.01, end.wait)
        with pytest.raises(TimeoutError, match="running already"):
            within(5, lambda: True)
    finally:
        end.set()
        ended()


def test_errands_of_a_vanished_mailing(db: Database) -> None:
    """A delivery that is gone does not stop the others."""
    with db.writing() as session:
        autumn = sent(session)
        linked(session, autumn, set_field={"name": "x", "value": "1"})
        for person in ("Åse", "Bjørn"):
            click(session, delivered(session, autumn, reader(session, person)))
        first = session.scalars(select(Errand).order_by(Errand.id)).first()
        assert first is not None
        session.delete(session.get_one(Delivery, first.delivery_id))
    assert run(db) == 2
    assert outcomes(db) == ["The reader is no person in the database: nothing was done.", "Set x to 1."]
