"""Forms at the desk: what a list says of them, one with its address and what it does, let be filled in or not, its statistics."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from mailings import clock
from mailings.db import Database
from mailings.forms.definition import definition_of
from mailings.forms.statistics import statistics
from mailings.model import Form, MailingType, Role, SubmissionStatus, User
from tests.audience.people import person
from tests.consent.waiting import a_mailing
from tests.web.desk.fitting import logged
from tests.web.desk.seated import seated
from tests.web.desk.sent_in import NAME, WRITTEN, a_form, in_every_state, sent_in


def text_of(page: str) -> str:
    """A page as it reads, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("<main")[1]).split())


def test_the_list_says_how_each_goes(any_db: Database) -> None:
    """Sent without what was only shown, what waits for a person, and what part is processed."""
    with any_db.writing() as session:
        in_every_state(session)
        a_form(session, name="tom", title="Ingen har svart")
    with seated(any_db, Role.READER) as seat:
        page = seat.look("/forms").text
        assert "2 submissions wait for somebody" in page
        row = text_of(page.split(f'/desk/forms/{NAME}"')[1].split("</tr>")[0].join(["<main>", ""]))
        assert "Open 5 2 40.0" in row
        assert "Ingen har svart" in page
        found = seat.look("/forms?q=HAVNE").text
        assert "Ingen har svart" not in found
        assert "Meld deg" in found


def test_a_form_says_where_it_is_and_what_it_does(db: Database) -> None:
    """Its public address, the lines for another page, its fields and its actions."""
    with db.writing() as session:
        a_form(session)
    with seated(db, public_url="https://post.fjord.test") as seat:
        page = seat.look(f"/forms/{NAME}").text
        assert 'href="https://post.fjord.test/f/havnedag"' in page
        assert "&lt;iframe src=&#34;https://post.fjord.test/f/havnedag?embed=1&#34;" in page
        said = text_of(page)
        for words in ("Notes the interests: Seiling", "Makes a request: Ring tilbake", "Always by somebody of ours", "Firma company_name"):
            assert words in said
        assert seat.look("/forms/ingen").status_code == 404


def test_a_form_is_let_be_filled_in_or_not(db: Database) -> None:
    """By a sender and not by a reader; each time a line in the log."""
    with db.writing() as session:
        a_form(session)
    with seated(db, Role.READER) as seat:
        assert seat.press(f"/forms/{NAME}/active", active="no").status_code == 403
    with db.writing() as session:
        assert session.scalars(select(Form.active)).one() is True
        session.scalars(select(User)).one().roles = [str(Role.SENDER)]
    with seated(db, Role.SENDER) as seat:
        assert seat.press(f"/forms/{NAME}/active", active="no").status_code == 303
        assert "Inactive" in seat.look("/forms").text
        seat.press(f"/forms/{NAME}/active", active="yes")
    with db.reading() as session:
        assert session.scalars(select(Form.active)).one() is True
    assert logged(db) == [("åse", "deactivate form", f"form {NAME}"), ("åse", "activate form", f"form {NAME}")]


def test_statistics_count_what_is_processed(any_db: Database) -> None:
    """Totals count everything that was sent; days, averages and the promoter score count what is processed and nothing else (J.6)."""
    with clock.standing_at(clock.now()):  # nothing is a day older at midnight
        with any_db.writing() as session:
            in_every_state(session)
            form = session.scalars(select(Form)).one()
            long_ago = {"submitted_at": clock.now() - timedelta(days=20), "processed_at": clock.now() - timedelta(days=8)}
            sent_in(session, form, SubmissionStatus.PROCESSED, **long_ago, values=WRITTEN | {"nps": 9, "stars": 5})
            sent_in(session, form, SubmissionStatus.PROCESSED, **long_ago, values={"nps": 77})
        with any_db.reading() as session:
            form = session.scalars(select(Form)).one()
            found = statistics(session, form, definition_of(form))
    assert (found.total, found.week, found.week_processed) == (7, 5, 2)
    assert (found.completion, found.week_completion) == (4 / 7, 2 / 5)
    assert [n for _, n in found.days if n] == [2, 2]
    assert (len(found.days), found.days[-9][1], found.days[-1][1]) == (30, 2, 2)
    nps, stars = found.ratings
    assert (nps.answers, nps.nps, round(nps.average or 0, 2)) == (3, 33, 7.33)
    assert (stars.nps, stars.average, dict(stars.chosen)) == (None, 11 / 3, {1: 0, 2: 1, 3: 0, 4: 1, 5: 1})


def test_a_form_nobody_sent_has_figures_too(db: Database) -> None:
    """No figure is made up of nothing: rates are a dash, the drawing says that there is nothing."""
    with db.writing() as session:
        a_form(session)
    with seated(db, Role.READER) as seat:
        assert "Processed –" in text_of(seat.look(f"/forms/{NAME}/figures").text)
        drawn = seat.look(f"/forms/{NAME}/processed.svg")
        assert drawn.headers["content-type"] == "image/svg+xml"
        assert "Nothing was processed in these days." in drawn.text


def test_days_are_drawn(db: Database) -> None:
    """Each day's bar says its day and how many, for those who hover and those who listen."""
    with clock.standing_at(clock.now()):
        with db.writing() as session:
            in_every_state(session)
        with seated(db, Role.READER) as seat:
            drawn = seat.look(f"/forms/{NAME}/processed.svg").text
        today = clock.now()
    assert f"<title>{today.day} {today:%b}"[:10] in drawn
    assert ": 2</title>" in drawn


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_exported_is_text(db: Database, kind: str) -> None:
    """A column for each field, old fields in the last; nothing anybody wrote becomes a formula. The filter of the list holds."""
    with db.writing() as session:
        form = a_form(session)
        sent_in(session, form, values={"name": "=1+1", "remark": "Å\nto linjer", "nps": 0, "gone": "@sum"})
        sent_in(session, form, SubmissionStatus.FAILED, values={"name": "Désirée"})
    with seated(db, Role.READER) as seat:
        answer = seat.press(f"/forms/{NAME}/submissions/export/{kind}", only="submitted")
    assert answer.headers["content-disposition"] == f'attachment; filename="{NAME}.{kind}"'
    if kind == "csv":
        heads, line = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    else:
        sheet = load_workbook(io.BytesIO(answer.content)).active
        assert sheet is not None
        assert "f" not in {cell.data_type for cell in sheet[2]}
        heads, line = ([str(value) for value in row] for row in sheet.iter_rows(values_only=True))
    told = dict(zip(heads, line, strict=True))
    assert told["Navn"] == ("'=1+1" if kind == "csv" else "=1+1")
    assert (told["Vil du anbefale oss?"], told["Other fields"]) == ("0", "gone: @sum")
    assert logged(db) == [("åse", "export submissions", f"form {NAME}")]


@pytest.mark.parametrize("path", [f"/forms/{NAME}", f"/forms/{NAME}/submissions", f"/forms/{NAME}/figures", "/submissions/1", "/forms"])
def test_a_definition_nobody_can_read_hides_nothing(db: Database, path: str) -> None:
    """A form that another version pushed: what was sent is shown by its identifiers, and pages that need the definition say so."""
    with db.writing() as session:
        in_every_state(session)
        session.scalars(select(Form)).one().definition = {"name": NAME, "from_tomorrow": True}
    with seated(db, Role.SENDER) as seat:
        page = seat.look(path)
    assert page.status_code == 200
    assert ("cannot read the form" in page.text) is (path in (f"/forms/{NAME}", "/submissions/1"))
    assert ("Åse Ødegård" in page.text) is (path == "/submissions/1")


def test_a_form_response_names_its_forms(db: Database) -> None:
    """On the page of the mailing that answers, and on the form's own; its figures stand among the form's."""
    with db.writing() as session:
        answer = a_mailing(session, "takk", type=MailingType.FORM_RESPONSE)
        a_form(session, response="takk")
        assert session.scalars(select(Form.response_mailing_id)).one() == answer.id
    with seated(db, Role.READER) as seat:
        assert f'href="/desk/forms/{NAME}"' in seat.look("/mailings/takk").text
        assert 'href="/desk/mailings/takk"' in seat.look(f"/forms/{NAME}").text
        assert 'href="/desk/mailings/takk"' in seat.look(f"/forms/{NAME}/figures").text


def test_a_person_shows_what_they_sent(any_db: Database) -> None:
    """What was processed for them, and what has their address and is nobody's yet; of others nothing."""
    with any_db.writing() as session:
        numbers = in_every_state(session)
        number = person(session, "Désirée van der IJssel", "desiree@ijssel.test").id
    with seated(any_db, Role.READER) as seat:
        page = seat.look(f"/people/{number}").text
    assert re.findall(r'href="/desk/submissions/(\d+)"', page) == [str(numbers[4])]


def test_what_was_asked_otherwise_is_shown_in_those_words(db: Database) -> None:
    """A submission of an earlier version has its own labels on its page; exported, what was asked alike in its column, the rest last."""
    with db.writing() as session:
        sent_in(session, a_form(session))
        asked = [{"kind": "name", "label": "Navn"}, {"kind": "email", "label": "E-post"}]
        dish = {"kind": "radio", "identifier": "dish", "label": "Drikke", "choices": ["Øl", {"value": "veg", "label": "Saft"}]}
        a_form(session, sections=[{"fields": [*asked, dish]}], mode="manual")
        sent_in(session, session.scalars(select(Form)).one(), values={"name": "Désirée", "dish": "veg"}, version=2)
    with seated(db, Role.READER) as seat:
        assert "Rett Grønnsaker" in text_of(seat.look("/submissions/1").text)
        assert "Drikke Saft" in text_of(seat.look("/submissions/2").text)
        answer = seat.press(f"/forms/{NAME}/submissions/export/csv")
    heads, new, old = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    now, then = dict(zip(heads, new, strict=True)), dict(zip(heads, old, strict=True))
    assert (now["Drikke"], now["Other fields"]) == ("Saft", "")
    assert (then["Navn"], then["Drikke"]) == ("Åse Ødegård", "")
    assert "Rett: Grønnsaker" in then["Other fields"]
