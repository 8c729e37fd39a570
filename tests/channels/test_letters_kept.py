"""How much letters come to before they are printed, and how long they are kept after."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mailings.audience.populate import populate
from mailings.channels.document import problems_of
from mailings.clock import now, standing_at
from mailings.db import Database
from mailings.model import Source, SourceKind
from mailings.sending.finding import mailing_named
from mailings.sending.letting_go import delete_letters
from mailings.sending.printing import print_letters
from mailings.settings import Settings
from tests.audience.people import person
from tests.sending.world import statuses
from tests.stories.lettered import NAME, PEOPLE, furnish, printed
from tests.transports.pdf_stage import must_print


@pytest.fixture
def settings_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Documents in the test's own folder; skips, saying why, where nothing can be printed."""
    must_print()
    monkeypatch.setenv("MAILINGS_DOCUMENT_PATH", str(tmp_path))
    monkeypatch.setenv("MAILINGS_PDF_PROCESSES", "1")
    return Settings(document_path=tmp_path, default_country="NO", language="no")


def test_how_much_it_comes_to(any_db: Database, settings_here: Settings) -> None:
    """Preflight notes how many letters there are and how many go abroad; that is no warning."""
    furnish(any_db)
    with any_db.writing() as session:
        abroad = person(session, "Désirée van der IJssel", "", street="Gracht 7", zip="1012 AB", city="Amsterdam", country="NL")
        mailing = mailing_named(session, NAME)
        session.add(Source(mailing_id=mailing.id, position=2, kind=SourceKind.PERSON, label="Désirée", person_id=abroad.id))
        session.flush()
        populate(session, mailing, launch=False)
        session.flush()
        found = problems_of(session, mailing, settings_here)
    assert (found.problems, found.warnings) == ([], [])
    assert found.notes == [f"{len(PEOPLE) + 1} letters, each on a sheet of its own or more; 1 to other countries."]


def test_let_go_of_after_a_while(any_db: Database, settings_here: Settings) -> None:
    """Letters are deleted so many days after the mailing ended, and not before; who had one stays known, and nobody is printed again."""
    furnish(any_db)
    printed(any_db, settings_here)
    place = settings_here.document_path / NAME
    for days, gone in ((0, 0), (30, 0)):
        assert delete_letters(any_db, settings_here.model_copy(update={"letters_kept_days": days})) == gone
    assert (place / f"{NAME}.pdf").exists()
    kept = settings_here.model_copy(update={"letters_kept_days": 30})
    with standing_at(now() + timedelta(days=31)):
        assert delete_letters(any_db, kept) == 2
        assert delete_letters(any_db, kept) == 0
    assert not [*place.glob("*.pdf"), *place.glob("*.csv"), *place.glob("parts/*")]
    again = print_letters(any_db, NAME, settings_here)
    assert (again.fresh, again.missing) == (None, 0)
    assert statuses(any_db, 1) == {"sent": len(PEOPLE)}
