"""Document mailings with HTML letters, from the list to the PDF, on both databases; and what preflight says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mailings.audience.populate import populate
from mailings.channels.document import problems_of
from mailings.db import Database
from mailings.model import MailingStatus, Person, Recipient, Source, SourceKind, Verdict
from mailings.sending import lifecycle, resending
from mailings.sending.finding import mailing_named
from mailings.sending.printing import finish_letters, letters_of, print_letters
from mailings.settings import Settings
from tests.audience.people import company, person
from tests.sending.world import status, statuses
from tests.stories.lettered import NAME, PEOPLE, bookmarks, furnish, printed, readers
from tests.transports.pdf_stage import must_print, texts_in


@pytest.fixture
def settings_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Documents in the test's own folder; skips, saying why, where nothing can be printed."""
    must_print()
    monkeypatch.setenv("MAILINGS_DOCUMENT_PATH", str(tmp_path))
    monkeypatch.setenv("MAILINGS_PDF_PROCESSES", "1")
    return Settings(document_path=tmp_path, default_country="NO", language="no")


def the_pdf(db: Database, chosen: Settings, nth: int = 0) -> Path:
    """The nth PDF of the mailing."""
    with db.reading() as session:
        found = letters_of(mailing_named(session, NAME), chosen)
    return found.folder / found.files[nth].pdf


def test_from_the_list_to_the_pdf(any_db: Database, settings_here: Settings) -> None:
    """Everybody with an address gets a letter, in the order asked for, with a bookmark each; who has none is on the list and told so."""
    furnish(any_db, sort="last_name")
    with any_db.writing() as session:
        someone = person(session, "Uten Adresse", "")
        session.flush()
        mailing = mailing_named(session, NAME)
        session.add(Source(mailing_id=mailing.id, position=2, kind=SourceKind.PERSON, label="Uten", person_id=someone.id))
    printed(any_db, settings_here)
    file = the_pdf(any_db, settings_here)
    last_names = ["Blåbær", "Çelik", "Groß", "IJssel", "Lücke", "Żółć", "Ødegård", "Ås"]
    assert [name.split()[-1] for name in readers(file)] == last_names
    assert sorted(readers(file)) == sorted(PEOPLE)
    assert [title for title, _ in bookmarks(file)] == readers(file)
    assert [page for _, page in bookmarks(file)] == [1, 3, 5, 7, 9, 11, 13, 15]
    assert "Årsmøte" in texts_in(file)[0]
    with any_db.reading() as session:
        left_out = session.execute(select(Recipient.name, Recipient.verdict).where(Recipient.verdict != Verdict.ELIGIBLE)).all()
        assert session.scalars(select(Recipient.address).where(Recipient.verdict == Verdict.ELIGIBLE).order_by(Recipient.id)).first() == (
            "Bjørkeveien 0, 0900 Ålesund"
        )
    assert [verdict for _, verdict in left_out] == [Verdict.NO_ADDRESS]
    assert status(any_db, 1) is MailingStatus.SENT
    assert statuses(any_db, 1) == {"sent": len(PEOPLE)}


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("none", ["Åse", "Zoë", "Øystein"]),
        ("country", ["Øystein", "Åse", "Zoë"]),
        ("company", ["Zoë", "Øystein", "Åse"]),
        ("number", ["Åse", "Øystein", "Zoë"]),
        ("last_name", ["Zoë", "Åse", "Øystein"]),
    ],
)
def test_sorted_as_asked(any_db: Database, settings_here: Settings, sort: str, order: list[str]) -> None:
    """The five orders of domain.md D.7, the same on both databases: numbers as numbers, letters in the alphabet of the language."""
    furnish(any_db, people=(), sort=sort)
    with any_db.writing() as session:
        mailing = mailing_named(session, NAME)
        facts = [
            ("Åse", "Berg", "Ørn AS", "9", "NO", "5003"),
            ("Zoë", "Aas", "Blåbær BV", "100", "NO", "9000"),
            ("Øystein", "Øst", "Eng", "10", "NO", "0184"),
        ]
        for n, (name, last, firm, number, country, code) in enumerate(facts):
            where = company(session, firm, number=number, street="Torget 1", zip=code, city="Oslo", country=country)
            made = person(session, name, "", last_name=last, company_id=where.id)
            session.add(Source(mailing_id=mailing.id, position=n + 2, kind=SourceKind.PERSON, label=name, person_id=made.id))
    printed(any_db, settings_here)
    assert readers(the_pdf(any_db, settings_here)) == order


def test_sent_again_is_one_more_pdf(any_db: Database, settings_here: Settings) -> None:
    """A resend prints only those it queued, into a PDF of their own; the first is as it was."""
    furnish(any_db)
    printed(any_db, settings_here)
    before = the_pdf(any_db, settings_here).read_bytes()
    with any_db.writing() as session:
        two = select(Recipient.id).where(
            Recipient.name.in_(PEOPLE[:2]) | Recipient.person_id.in_(select(Person.id).where(Person.name.in_(PEOPLE[:2])))
        )
        assert resending.resend(session, mailing_named(session, NAME), reload=False, ticked=two).queued == 2
    letters = printed(any_db, settings_here)
    assert letters is not None
    assert [one.letters for one in letters.files] == [len(PEOPLE), 2]
    assert sorted(readers(the_pdf(any_db, settings_here, 1))) == sorted(PEOPLE[:2])
    assert the_pdf(any_db, settings_here).read_bytes() == before


def test_a_letter_that_cannot_be_printed_fails_alone(any_db: Database, settings_here: Settings) -> None:
    """An image that only one recipient's letter shows and nobody can read: that one failed, with the reason; the others are printed."""
    furnish(
        any_db,
        template="[% if customer.name == 'Øystein Ås' %]<img src='data:image/png;base64,QUJD'>[% endif %]<p>Kjære [[ customer.name ]],</p>",
    )
    printed(any_db, settings_here)
    assert statuses(any_db, 1) == {"sent": len(PEOPLE) - 1, "failed": 1}
    assert "Øystein Ås" not in readers(the_pdf(any_db, settings_here))


def test_paused_cancelled_and_printed_so_far(db: Database, settings_here: Settings) -> None:
    """Nothing is merged while letters are queued; of a mailing that was cancelled, what is printed can be had as a PDF."""
    furnish(db)
    with db.writing() as session:
        mailing = mailing_named(session, NAME)
        lifecycle.pick_up(mailing)
        populate(session, mailing, launch=True)
        session.flush()
        lifecycle.begin_sending(session, mailing)
    assert finish_letters(db, NAME, settings_here) is None
    with db.writing() as session:
        lifecycle.cancel(session, mailing_named(session, NAME))
    letters = print_letters(db, NAME, settings_here)
    assert (letters.files, letters.missing) == ([], 0)
    assert letters.sentence == f"Nothing of {NAME} is printed yet."


def test_letters_that_are_elsewhere(db: Database, settings_here: Settings) -> None:
    """Letters that were printed on a machine with another folder are counted and told, never passed over in silence."""
    furnish(db)
    printed(db, settings_here)
    elsewhere = settings_here.model_copy(update={"document_path": settings_here.document_path / "annet"})
    letters = print_letters(db, NAME, elsewhere)
    assert letters.missing == len(PEOPLE)
    assert "the same MAILINGS_DOCUMENT_PATH" in letters.sentence


def problems(db: Database, html: str = "<p>Kjære [[ customer.name ]]</p>", **document: Any) -> list[str]:
    """What preflight says keeps such letters from being printed."""
    furnish(db, template=html, **document)
    with db.reading() as session:
        return problems_of(session, mailing_named(session, NAME), Settings()).problems


@pytest.mark.parametrize(
    ("html", "document", "told"),
    [
        ("", {}, "It has no template"),
        ("<p>[[ customer.firstnam ]]</p>", {}, "brev.html line 1: customer.firstnam is not a variable; did you mean customer.firstname"),
        ("<p>\n[[ link.unsubscribe ]]</p>", {}, "brev.html line 2: link.unsubscribe cannot stand in a letter"),
        ("<img src='cid:logo'>", {}, "The letter shows the image cid:logo, and there is none"),
        ("<p>\n<img src='https://acme.test/a.png'>", {}, "brev.html line 2: https://acme.test/a.png is not in the mailing"),
        ("<style>a { background: url(bilde.png) }</style>", {}, "brev.html line 1: bilde.png is not in the mailing"),
        ("<p>a</p>", {"sort": "zip"}, "document.sort is 'zip'; letters are sorted by country, company, number, last_name, or by none."),
        ("<p>a</p>", {"attention": {"text": "x", "use": "never"}}, "document.attention.use is 'never'"),
        ("<p>[[ our_ref ]]</p>", {"our_ref": "[[ customer.nope ]]"}, "customer.nope is not a variable"),
        ("<p>[% if %]</p>", {}, "brev.html line 1"),
    ],
)
def test_what_keeps_letters_from_being_printed(db: Database, html: str, document: dict[str, Any], told: str) -> None:
    """Each is told before anything is printed, with its place and what to do."""
    assert any(told in problem for problem in problems(db, html, **document)), problems


def test_what_is_fit_has_no_problems(db: Database) -> None:
    """Links as addresses, images of the mailing and data: are letters' own."""
    assert (
        problems(db, "<p>[[ attn ]] [[ our_ref ]] <a href='https://acme.test'>acme.test</a> <img src='data:image/png;base64,'></p>") == []
    )
