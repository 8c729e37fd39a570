"""What a part says of somebody who was erased goes with it, as soon as nobody needs that part."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailings.audience.populate import populate
from mailings.db import Database
from mailings.model import Delivery, DeliveryStatus, Person
from mailings.people.erasing import erase
from mailings.sending import lifecycle
from mailings.sending.finding import mailing_named
from mailings.sending.printing import place_of, print_letters
from mailings.settings import Settings
from mailings.transports.pdf.place import Place, put_part
from tests.stories.lettered import NAME, furnish

AT_HOME = ("Åse Ødegård", "Désirée van der IJssel", "Øystein Ås", "Jürgen Groß", "Łukasz Żółć")


def part_of(place: Place, letters: dict[int, str]) -> None:
    """A part of letters with an empty page each."""
    made = io.BytesIO()
    with pikepdf.new() as pdf:
        for _ in letters:
            pdf.add_blank_page()
        pdf.save(made)
    told = [{"delivery": number, "pages": 1, "title": name, "lines": [name], "key": []} for number, name in letters.items()]
    put_part(place, made.getvalue(), told)


def move(session: Session, numbers: list[int], status: DeliveryStatus) -> None:
    """These deliveries are it."""
    session.execute(update(Delivery).where(Delivery.id.in_(numbers)).values(status=status))


def printed_unmerged(db: Database, chosen: Settings) -> tuple[Place, list[int]]:
    """Two parts, of two letters and of three, all of them printed but the last one, which is in doubt; and the numbers of deliveries."""
    furnish(db, people=AT_HOME)
    with db.writing() as session:
        mailing = mailing_named(session, NAME)
        lifecycle.pick_up(mailing)
        populate(session, mailing, launch=True)
        session.flush()
        lifecycle.begin_sending(session, mailing)
        numbers = list(session.scalars(select(Delivery.id).order_by(Delivery.id)))
        move(session, numbers[:-1], DeliveryStatus.SENT)
        move(session, numbers[-1:], DeliveryStatus.IN_DOUBT)
        place = place_of(mailing, chosen)
    place.make()
    named = dict(zip(numbers, AT_HOME, strict=True))
    part_of(place, {number: named[number] for number in numbers[:2]})
    part_of(place, {number: named[number] for number in numbers[2:]})
    return place, numbers


def test_a_part_goes_with_whom_it_tells_of(any_db: Database, tmp_path: Path) -> None:
    """Of who was erased before letters were merged no letter and no line stays, and whoever is not erased is in the PDF."""
    chosen = Settings(document_path=tmp_path, default_country="NO", language="no")
    place, numbers = printed_unmerged(any_db, chosen)
    with any_db.writing() as session:
        for name in (AT_HOME[1], AT_HOME[2]):
            erase(session, session.scalars(select(Person.id).where(Person.name == name)).one())
    letters = print_letters(any_db, NAME, chosen)
    assert [one.letters for one in letters.files] == [2]
    left = [index.read_text() for index in place.parts.glob("*.json")]
    assert len(left) == 1, "the part of a letter in doubt is its witness"
    assert AT_HOME[1] not in left[0]
    with any_db.writing() as session:
        move(session, numbers[-1:], DeliveryStatus.FAILED)
    assert print_letters(any_db, NAME, chosen).fresh is None
    assert list(place.parts.iterdir()) == []


def test_a_part_of_nobody(any_db: Database, tmp_path: Path) -> None:
    """Where everybody was erased no PDF is made, and the parts go all the same."""
    chosen = Settings(document_path=tmp_path, default_country="NO", language="no")
    place, numbers = printed_unmerged(any_db, chosen)
    with any_db.writing() as session:
        move(session, numbers[-1:], DeliveryStatus.SENT)
        for person_id in list(session.scalars(select(Person.id))):
            erase(session, person_id)
    assert print_letters(any_db, NAME, chosen).files == []
    assert list(place.parts.iterdir()) == []
