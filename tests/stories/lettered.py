"""A document mailing and a process that prints it: `python -m tests.stories.lettered SEAM SIDE NTH` ends itself there by kill -9."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pikepdf

from mailings import seams
from mailings.audience.populate import populate
from mailings.clock import now
from mailings.db import Database, database
from mailings.model import Mailing, MailingFile, MailingStatus, MailingType, Source, SourceKind
from mailings.sending import closing, lifecycle
from mailings.sending.deliver import deliver_portion
from mailings.sending.finding import mailing_named
from mailings.sending.preparing import prepare
from mailings.sending.printing import Letters, finish_letters
from mailings.sending.run import Run, conducting
from mailings.settings import Settings, settings
from mailings.transports import pdf
from tests.audience.people import person, selection
from tests.content.written import written
from tests.transports.pdf_stage import texts_in

NAME = "årsbrev"
BATCH = 3  # letters claimed at a time, and in a part
PEOPLE = (
    *("Åse Ødegård", "Désirée van der IJssel", "Øystein Ås", "Jürgen Groß", "Łukasz Żółć"),
    *("Bjørn Blåbær", "Thérèse Lücke", "Ijsbrand Çelik"),
)
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TEMPLATE = '<p style="white-space: pre-line">[[ envelope ]]</p><h1>[[ heading ]]</h1><p>Kjære [[ customer.name ]], blåbærene er modne.</p>'


def furnish(db: Database, people: tuple[str, ...] = PEOPLE, template: str = TEMPLATE, **document: object) -> None:
    """People at home in Norway, each with a postal code lower than the one before, and the draft of letters to all of them."""
    with db.writing() as session:
        mailing = Mailing(
            name=NAME,
            type=MailingType.DOCUMENT,
            created_at=now(),
            html=template,
            tracking={},
            one_per_address=False,
            more={"document": {"template": "brev.html", "heading": "Årsmøte", "duplex": True, "sort": "country"} | document},
        )
        session.add(mailing)
        made = [
            person(session, name, "", last_name=name.split()[-1], street=f"Bjørkeveien {n}", zip=f"{900 - n:04}", city="Ålesund")
            for n, name in enumerate(people)
        ]
        everybody = selection(session, "Alle", *made)
        session.add(Source(mailing_id=mailing.id, position=1, kind=SourceKind.SELECTION, label="Alle", selection_id=everybody.id))


def into_word(db: Database) -> None:
    """The mailing's template becomes a Word document that says the same."""
    template = written(["{enve", "lope}"], "Kjære [[ customer.name ]], blåbærene er modne.", header="{heading}")
    with db.writing() as session:
        mailing = mailing_named(session, NAME)
        mailing.html, mailing.more = "", {"document": mailing.more["document"] | {"template": "brev.docx"}}
        session.add(MailingFile(mailing_id=mailing.id, name="brev.docx", content_type=WORD, data=template, inline=False))


def printed(db: Database, chosen: Settings) -> Letters | None:
    """What flows/send_mailing.py does, without Prefect; the letters at its end."""
    with conducting(db, NAME, chosen) as run, in_small_parts():
        run.batch_size = BATCH
        with db.writing() as session:
            if lifecycle.pick_up(mailing_named(session, NAME, locked=True)) is MailingStatus.POPULATING:
                populate(session, mailing_named(session, NAME), launch=True)
                session.flush()
                lifecycle.begin_sending(session, mailing_named(session, NAME))
        _deliver(db, run, chosen)
        letters = finish_letters(db, NAME, chosen)
        with db.writing() as session:
            closing.close(session, mailing_named(session, NAME, locked=True))
    return letters


@contextmanager
def in_small_parts() -> Iterator[None]:
    """As many letters in a part as are claimed together, so that eight of them are several."""
    usual, pdf.TOGETHER = pdf.TOGETHER, BATCH
    try:
        yield
    finally:
        pdf.TOGETHER = usual


def _deliver(db: Database, run: Run, chosen: Settings) -> None:
    with db.writing() as session:
        prepare(session, run, mailing_named(session, NAME), chosen)
    while deliver_portion(db, run, 100).more:
        pass


def bookmarks(file: Path) -> list[tuple[str, int]]:
    """Each bookmark's title and the number of the page it leads to, from 1."""
    with pikepdf.open(file) as found, found.open_outline() as outline:
        numbers = {page.obj.objgen: n for n, page in enumerate(found.pages, 1)}
        return [(item.title, numbers[item.destination[0].objgen]) for item in outline.root]


def readers(file: Path) -> list[str]:
    """For whom the pages of a PDF are that have words on them, in their order."""
    return [text.split("Kjære ")[1].split(",")[0] for text in texts_in(file) if text.strip()]


def end_at(seam: str, side: str, nth: int) -> None:
    """From now on this process ends, by kill -9, when it passes there for the nth time."""
    passed: Counter[tuple[str, str]] = Counter()

    def watch(one: seams.Seam, at: str) -> None:
        passed[one.name, at] += 1
        if passed[seam, side] == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    seams.watch(watch)


if __name__ == "__main__":
    end_at(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    printed(database(), settings())
