"""A name and its parts are one person's: what a form writes anew is read anew (J.2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailings.db import Database
from tests.consent.waiting import a_person
from tests.forms.sent import people, pushed, send

NAME = "{kind: name, overwrite: true}"
FIRST, LAST = "{kind: first_name, overwrite: true}", "{kind: last_name, overwrite: true}"
KNOWN = ("Åse Marie Ødegård", "Åse", "Marie", "Ødegård")


@pytest.mark.parametrize(
    ("fields", "written", "told"),
    [
        (NAME, {"name": "Désirée van der IJssel"}, ("Désirée van der IJssel", "Désirée", "", "van der IJssel")),
        (FIRST, {"first_name": "Désirée"}, ("Désirée Marie Ødegård", "Désirée", "Marie", "Ødegård")),
        (LAST, {"last_name": "van der IJssel"}, ("Åse Marie van der IJssel", "Åse", "Marie", "van der IJssel")),
        (f"{FIRST}, {LAST}", {"first_name": "Désirée", "last_name": "IJssel"}, ("Désirée IJssel", "Désirée", "", "IJssel")),
        (f"{NAME}, {LAST}", {"name": "Désirée IJssel", "last_name": "IJssel"}, ("Désirée IJssel", "Désirée", "", "IJssel")),
        ("{kind: name}", {"name": "Désirée IJssel"}, KNOWN),
        ("{kind: first_name}", {"first_name": "Désirée"}, KNOWN),
    ],
)
def test_parts_follow_the_name_and_the_name_its_parts(
    any_db: Database, tmp_path: Path, fields: str, written: dict[str, str], told: tuple[str, ...]
) -> None:
    """Written anew, the name makes the parts and the parts the name; what may not be overwritten stays whole."""
    with any_db.writing() as session:
        person = a_person(session, "ase@fjord.test")
        person.name, person.first_name, person.middle_name, person.last_name = KNOWN
    pushed(any_db, tmp_path, f"[{{kind: email}}, {fields}]")
    send(any_db, {"email": ["ase@fjord.test"]} | {key: [value] for key, value in written.items()})
    with any_db.reading() as session:
        (now,) = people(session)
        assert (now.name, now.first_name, now.middle_name, now.last_name) == told
