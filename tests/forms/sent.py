"""A form of ours, and what people send with it, for the tests of this room."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.db import Database
from mailings.forms.answers import Answers, Posted, SentFile, read
from mailings.forms.definition import FormPart, definition_of
from mailings.forms.finding import form_named
from mailings.forms.keys import new_key
from mailings.forms.pushing import push
from mailings.forms.submitting import Taken, Visitor, submit
from mailings.model import Person, Submission
from mailings.settings import Settings
from mailings.tokens import Tokens

SETTINGS = Settings(_env_file=None, email_transport="memory", system_from="Fjord <post@fjord.test>", dns="127.0.0.1:9")
NAME = "pamelding"
FIELDS = """
- {kind: name, mandatory: true}
- {kind: email, mandatory: true}
- {kind: mobile}
- {kind: position, overwrite: true}
- {kind: company_name, use_existing: true}
- {kind: custom.shoe_size, as: integer, min: 20, max: 50}
- {kind: radio, identifier: dish, choices: [Fisk, {value: veg, label: Grønnsaker}]}
- {kind: checkbox, identifier: days, choices: [man, tir]}
- {kind: rating, identifier: nps, look: nps}
- {kind: text_area, identifier: remark, longest: 200}
- {kind: upload, identifier: cv, multiple: true, max_files: 2, max_kb: 10, extensions: [pdf, .TXT]}
- {kind: consent, text: Ja takk til nyheter}
- {kind: topics, topics: [News]}
"""
ASE = {"name": ["Åse Ødegård"], "email": ["Ase@Fjord.test"]}
_keys = itertools.count()


def folder_of(folder: Path, fields: str = FIELDS, **more: object) -> Path:
    """A folder with a form.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, object] = {"name": NAME, "title": "Påmelding", "language": "no", "fields": yaml.safe_load(fields)}
    written |= more.pop("beside", {}) | more  # type: ignore[operator]
    (folder / "form.yaml").write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
    return folder


def pushed(database: Database, folder: Path, fields: str = FIELDS, **more: object) -> int:
    """The form, pushed; its number."""
    with database.writing() as session:
        return push(session, folder_of(folder, fields, **more), SETTINGS).id


def part_of(session: Session) -> FormPart:
    """Its definition."""
    return definition_of(form_named(session, NAME))


def filled(part: FormPart, posted: dict[str, Sequence[str]], files: Sequence[SentFile] = ()) -> Answers:
    """What was posted, read."""
    return read(part, Posted(posted, {"cv": files} if files else {}), SETTINGS)


def send(database: Database, posted: dict[str, Sequence[str]] | None = None, key: str = "", network: str | None = None) -> Taken:
    """Fill the form in and send it, as the door does; it must have no problems."""
    with database.writing() as session:
        form = form_named(session, NAME)
        answers = filled(definition_of(form), posted or dict(ASE))
        assert answers.problems == {}
        visitor = Visitor(key or f"key {next(_keys)}", network, "no")
        return submit(session, form.id, answers, visitor, SETTINGS)


def submissions(session: Session) -> list[Submission]:
    """All of them, in order."""
    return list(session.scalars(select(Submission).order_by(Submission.id)))


def people(session: Session) -> list[Person]:
    """Everybody, in order."""
    return list(session.scalars(select(Person).order_by(Person.id)))


def a_key(form_id: int) -> str:
    """A key as a page of the form carries it."""
    return new_key(Tokens(SETTINGS.secret.get_secret_value()), form_id, 1)
