"""A report's forms: workbook, page and JSON say the same figures of the same mailing, and nobody's text does harm in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from mailings.content.system import LANGUAGES
from mailings.db import Database
from mailings.reports.markdown import markdown
from mailings.reports.page import page
from mailings.reports.rows import Row
from mailings.reports.saying import number, percent, say
from mailings.reports.seen import FIGURES
from mailings.reports.summary import About, Summary
from tests.reports.documents import SENT, document, hour, vector_e
from tests.reports.read_back import Figures, a_mailing, book_of, lines, told
from tests.tracking.visiting import LATER

ABOUT = About("høst-nytt", "Åse, <b>høsten</b> & =1+1", "Vindheim <nytt@vindheim.test>", "email", "Nyheter", "sent", SENT, 2)


@pytest.mark.parametrize("language", ["en", "de"])
def test_all_forms_say_the_same(db: Database, language: str) -> None:
    """Figures, links, domains, hours and statuses of the workbook and the page are those of the JSON document, in every row."""
    summary, rows = told(db, a_mailing(db), language)
    document, shown = summary.document, Figures(page(summary))
    book = book_of(summary, rows)
    assert (document["sent"], document["delivered"], document["open_rate"], document["click_rate"]) == (10, 7, 4 / 7, 3 / 7)
    assert (document["hard_bounce_rate"], document["soft_bounce_rate"], document["bounce_rate"]) == (0.2, 0.1, 0.3)
    front = {line[0]: line[1:3] for line in reversed(lines(book, say("summary", language)))}  # of two the first, which is a figure
    in_page = {line[0]: line[1:] for line in shown.tables["figures"]}
    for figure, rate in FIGURES.items():
        n, share = document[figure], document[rate] if rate else None
        assert front[say(figure, language)] == (n, None if share is None else pytest.approx(share)), figure
        assert in_page[say(figure, language)][0] == number(n, language)
        assert in_page[say(figure, language)][1].split(" ")[0] == ("" if share is None else percent(share, language).split(" ")[0])
    links = [(row["number"], row["url"], row["clickers"], row["clicks"], row["machine_clicks"]) for row in document["links"]]
    assert [(line[0], *line[2:]) for line in lines(book, say("links", language))] == links
    assert [(line[0], *map(int, line[1:])) for line in shown.tables["links"][1:]] == [link[1:] for link in links]
    hours = [(datetime.fromisoformat(row["at"]).replace(tzinfo=None), row["opened"], row["clicked"]) for row in document["hours"]]
    assert lines(book, say("hours", language)) == hours != []
    assert [[int(cell) for cell in line[1:]] for line in shown.tables["hours"][1:]] == [
        [row["opened"], row["clicked"]] for row in document["hours"]
    ]
    assert [int(line[2]) for line in shown.tables["bounces"][1:]] == [row["n"] for row in document["bounces"]] == [1, 1, 1]
    assert [line[1] for line in shown.tables["domains"][1:]] == [number(row["sent"], language) for row in document["domains"]]


def test_recipients_and_bounces(any_db: Database) -> None:
    """Everybody on the list stands in the workbook once, with the one word for them; erased people without a name."""
    summary, rows = told(any_db, a_mailing(any_db))
    book = book_of(summary, rows)
    recipients, bounces = lines(book, "Recipients"), lines(book, "Bounces")
    assert len(recipients) == summary.about.recipients == 14
    words = [line[3] for line in recipients]
    counted = {say(f"status_{word}"): n for word, n in summary.document["recipients_by_status"].items() if word != "no_address"}
    assert {word: words.count(word) for word in set(words)} == counted
    assert [line[:3] for line in recipients[-2:]] == [("(erased)", None, None)] * 2
    assert "Désirée" not in str(recipients)
    assert recipients[0][5] == recipients[0][6] == LATER.replace(tzinfo=None)
    assert [line[3:6] for line in bounces] == [
        ("permanent", "No such mailbox", "550 5.1.1"),
        ("permanent", "No such mail domain", "5.1.2"),
        ("temporary", "Mailbox full", "452 4.2.2"),
    ]


def test_the_workbook_is_made_for_work() -> None:
    """Five sheets; headings stay in sight, lists can be filtered, rates are percentages, moments are moments, big numbers are grouped."""
    summary = Summary(ABOUT, document(sent=12345, opened=617, hours=[hour(0, 1)]))
    book = book_of(summary, [Row("Åse", "åse@fjord.test", None, "sent", False, SENT, None, None, None, None, None, None)])
    assert book.sheetnames == ["Summary", "Recipients", "Links", "Bounces", "Hours"]
    assert {sheet.freeze_panes for sheet in book} == {"A2"}
    assert [sheet.auto_filter.ref for sheet in book.worksheets[1:]] == ["A1:G2", "A1:F2", "A1:H2", "A1:C2"]
    rows = {row[0].value: row for row in book["Summary"].iter_rows()}
    assert rows["Sent"][1].number_format == "#,##0"
    assert rows["Opened"][2].number_format == "0.00%"
    assert book["Recipients"]["E2"].is_date
    assert book["Recipients"].column_dimensions["B"].width == 34
    assert book["Recipients"]["A1"].font.b
    assert book["Links"]["A2"].value == "Nothing yet."
    assert rows["Sent (UTC)"][1].value == SENT.replace(tzinfo=None)


@pytest.mark.parametrize(
    "name", ["=1+1", "+4712345678", "-2", "@SUM(A1)", "#N/A", '=HYPERLINK("http://x.test")', "\t=1", "a\x00b\ud800\ufffe"]
)
def test_no_text_becomes_a_formula(name: str) -> None:
    """Whatever a person or a server is called, the cell holds text and is marked as text; signs no workbook may hold are left out."""
    row = Row(name, name, name, "bounced", False, SENT, None, None, "hard", "mailbox", name, name)
    book = book_of(Summary(ABOUT, vector_e()), [row])
    cells = [book["Recipients"]["A2"], book["Recipients"]["C2"], book["Bounces"]["F2"], book["Bounces"]["G2"], book["Summary"]["B2"]]
    kept = "ab" if "\x00" in name else name
    assert [cell.value for cell in cells[:4]] == [kept] * 4
    assert {cell.data_type for cell in cells} == {"s"}
    assert cells[0].quotePrefix == (kept != "ab")


def test_longer_than_a_sheet() -> None:
    """A list longer than a sheet goes on in the next, with its heading and filters; nobody is missing."""
    rows = [Row(f"Åse {n}", None, None, "sent", False, None, None, None, None, None, None, None) for n in range(9)]
    book = book_of(Summary(ABOUT, vector_e()), rows, most=5)
    assert book.sheetnames == ["Summary", "Recipients", "Recipients 2", "Recipients 3", "Links", "Bounces", "Hours"]
    names = [line[0] for title in book.sheetnames[1:4] for line in lines(book, title)]
    assert names == [f"Åse {n}" for n in range(9)]
    assert book["Recipients 3"]["A1"].value == "Name"
    assert book["Recipients 2"].auto_filter.ref == "A1:G5"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_stands_alone(language: str, tmp_path: Path) -> None:
    """One file with all four charts in it, nothing fetched and nothing run; every text escaped, every id once, also with no figures."""
    for figures in (vector_e(), document()):
        html = page(Summary(ABOUT, figures, language))
        assert Figures(html).foreign == []
        assert html.count("<svg") == 4
        assert "<b>høsten" not in html
        assert "Åse, &lt;b&gt;høsten" in html
        ids = [part.split('"')[0] for part in html.split(' id="')[1:]]
        assert len(ids) == len(set(ids))
        assert f'lang="{language}"' in html
        assert "{" not in html.split("</style>")[1]


@pytest.mark.parametrize(("kind", "reached"), [("sms", "Mobile number"), ("document", "Postal address")])
def test_nothing_is_said_of_reading(kind: str, reached: str) -> None:
    """A text message and a letter have no word of opens, clicks, links, mail domains or programs in any form, and all fields as JSON."""
    figures = vector_e() | {"hours": [hour(0, 1)]}
    summary = Summary(replace(ABOUT, type=kind), figures)
    book = book_of(summary, [Row("Åse", "+4799887766", None, "sent", False, SENT, SENT, SENT, None, None, None, None)])
    assert book.sheetnames == ["Summary", "Recipients", "Bounces"]
    assert [cell.value for cell in book["Recipients"][1]] == ["Name", reached, "Company", "Status", "Sent (UTC)"]
    assert len(lines(book, "Recipients")[0]) == 5
    html = page(summary)
    assert list(Figures(html).tables) == ["figures", *(["bounces"] if figures["bounces"] else [])]
    assert html.count("<svg") == 2
    written = (html.split("</style>")[1], markdown(summary))
    front = " ".join(str(cell) for row in book["Summary"].iter_rows(values_only=True) for cell in row)
    for form in (*written, front):
        assert "Sent" in form
        assert not [word for word in ("pened", "lick", "omain", "omplain", "nsubscrib") if word in form.replace("No such mail domain", "")]
    assert summary.document.keys() >= {"opened", "clicked", "open_rate", "links", "clients", "hours", "domains"}
