"""A form behind a door, with every kind of field, for tests of its pages; and what a browser would send with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx
import yaml
from pydantic import SecretStr
from sqlalchemy import select

from mailings import clock
from mailings.consent.topics import ensure_default_topics
from mailings.db import Database
from mailings.forms.definition import FormPart
from mailings.forms.pushing import store
from mailings.model import Person, Submission, SubmittedFile
from mailings.settings import Settings
from tests.web.readers import SECRET, Client
from web.app import make_app

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="
EVERY = f"""
name: havnedag
title: Meld deg på havnedagen
language: 'no'
introduction: |-
  Lørdag 12. juni møtes vi på kaia.

  Fyll ut så mye du vil.
sections:
- title: Om deg
  fields:
  - {{kind: name, mandatory: true}}
  - {{kind: email, mandatory: true, placeholder: navn@eksempel.no}}
  - {{kind: mobile, hint: Vi sender en melding samme morgen.}}
  - {{kind: company_name}}
  - {{kind: language}}
  - {{kind: country}}
  - {{kind: text, identifier: nickname, label: Kalles, prefill: false}}
  - {{kind: hidden, identifier: source, default: nettside}}
- title: Dagen
  text: Velg det som passer.
  fields:
  - {{kind: text_block, identifier: block, label: Mat, text: "Det blir fiskesuppe, og noe annet."}}
  - {{kind: image, identifier: picture, label: Havna, file: havn.gif, image: "{PIXEL}"}}
  - {{kind: radio, identifier: dish, label: Rett, mandatory: true, choices: [Fisk, {{value: veg, label: Grønnsaker}}]}}
  - {{kind: checkbox, identifier: days, label: Dager, choices: [fredag, lørdag, søndag]}}
  - {{kind: drop_down, identifier: boat, label: Båt, choices: [Sjarken, Skøyta]}}
  - {{kind: date, identifier: arrives, label: Kommer, min: 2026-06-01, max: 2026-06-30}}
  - {{kind: integer, identifier: guests, label: "Hvor mange er dere?", min: 1, max: 8}}
  - {{kind: text_area, identifier: remark, label: "Noe vi bør vite?", longest: 200}}
  - {{kind: upload, identifier: drawing, label: Tegning, multiple: true, max_files: 2, max_kb: 100, extensions: [pdf, png]}}
- title: Til slutt
  fields:
  - {{kind: rating, identifier: stars, label: "Hvordan var det i fjor?"}}
  - {{kind: rating, identifier: dice, look: dice, label: Terningkast}}
  - {{kind: rating, identifier: thumbs, look: thumbs, label: Tommel}}
  - {{kind: rating, identifier: smileys, look: smileys, label: Humør}}
  - {{kind: rating, identifier: nps, look: nps, label: "Vil du anbefale oss?"}}
  - {{kind: topics, topics: [News]}}
  - {{kind: consent, text: Ja takk til e-post om havna, privacy: "https://vindheim.test/personvern", mandatory: true}}
"""
ASE = {"name": "Åse Ødegård", "email": "ase@fjord.test", "dish": "veg", "consent": "yes"}
_INPUT = re.compile(r"<input[^>]*>")
_WORD = re.compile(r'(\w+)="([^"]*)"')


@dataclass
class Formed:
    """A door with a form behind it."""

    db: Database
    settings: Settings
    client: Client
    name: str = "havnedag"

    @property
    def path(self) -> str:
        """Where the form is."""
        return f"/f/{self.name}"

    def key(self, seconds_ago: float = 30) -> str:
        """The key of a page that was opened a while ago."""
        with clock.standing_at(clock.now() - timedelta(seconds=seconds_ago)):
            return hidden(self.client.get(self.path).text)["key"]

    def send(self, fields: dict[str, Any] | None = None, *, path: str = "", files: Any = None, **more: str) -> httpx.Response:
        """Post the form as a browser does. `fields` by identifier; `more` = what our page adds, its key unless it is given."""
        own = {f"field_{name}": value for name, value in (ASE if fields is None else fields).items()}
        body = own | (more if "key" in more else more | {"key": self.key()})
        if files is not None:
            return self.client.post(path or self.path, data=body, files=files)
        told = {"content-type": "application/x-www-form-urlencoded"}
        return self.client.post(path or self.path, content=urlencode(body, doseq=True), headers=told)

    def submissions(self) -> Sequence[Submission]:
        """Everything that was sent and stored."""
        with self.db.reading() as session:
            found = session.scalars(select(Submission).order_by(Submission.id)).all()
            session.expunge_all()
            return found

    def files(self) -> list[tuple[str, str, bytes]]:
        """(field, name, content) of all files."""
        with self.db.reading() as session:
            return [(file.field, file.name, file.data) for file in session.scalars(select(SubmittedFile).order_by(SubmittedFile.id))]

    def people(self) -> list[str]:
        """Names of everybody."""
        with self.db.reading() as session:
            return list(session.scalars(select(Person.name).order_by(Person.id)))


def formed(db: Database, definition: str = EVERY, settings: dict[str, object] | None = None, **more: object) -> Formed:
    """A form behind a door. `more` = keys of form.yaml that stand instead."""
    told = {"secret": SecretStr(SECRET), "company_name": "Fjord & Søn", "system_from": "Fjord <post@acme.test>", "dns": "127.0.0.1:9"}
    installed = Settings(_env_file=None, **told | (settings or {}))  # type: ignore[call-arg]  # pydantic-settings takes it
    with db.writing() as session:
        ensure_default_topics(session)
        part = FormPart.model_validate(yaml.safe_load(definition) | more)
        name = store(session, part).name
    return Formed(db, installed, Client(make_app(db, installed)), name)


def plain(kind: str, **more: object) -> dict[str, object]:
    """Keys of a form with one field of a kind, beside an address."""
    return {"sections": [], "fields": [{"kind": "email"}, {"kind": kind, "identifier": "it", **more}]}


def hidden(page: str) -> dict[str, str]:
    """The hidden inputs of a page."""
    return {words["name"]: words["value"] for words in inputs(page) if words.get("type") == "hidden"}


def inputs(page: str) -> list[dict[str, str]]:
    """The inputs of a page: attributes of each, read as a browser reads them."""
    return [{name: unescape(value) for name, value in _WORD.findall(found)} for found in _INPUT.findall(page)]
