"""The report on a person holds everything there is about them: as a page in their language, and for programs."""

from __future__ import annotations

import html
import re
from datetime import datetime
from enum import Enum
from typing import Any

import orjson
import pytest
from sqlalchemy import JSON, Boolean, select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import Database
from mailings.errors import Unreadable
from mailings.model import (
    VISIT,
    Base,
)
from mailings.people.deleting import delete
from mailings.people.report import LANGUAGES, _words, report_as
from mailings.settings import Settings
from tests.consent.waiting import a_person
from tests.people.filled import AT, filled

SETTINGS = Settings(_env_file=None, company_name="Fjord AS")

#: tables whose rows are the installation's own and name no recipient, and why
NOBODYS = {
    *(
        "mailing",
        "mailing_file",
        "tracked_link",
        "registered_link",
        "topic",
        "form",
        "form_version",
        "folder",
        "bucket",
        "mail_domain",
        "lease",
        "bookmark",
    ),
    *("figure", "read_mail"),  # numbers of a mailing; which files of a mailbox were read
    *("user_account", "sign_in", "audit_entry", "upload"),  # the staff's; the log names people by number alone (mailings/staff/auditing.py)
    *(
        "approval",
        "approved_recipient",
    ),  # what staff said of a mailing; marks of those on its list, whose rows there are shown, while they wait
    "resend_order",  # how many a run of resend-mailing was for, and not who
    "outbox",  # what is told elsewhere of follow-ups and requests, which are shown themselves
}
#: columns that say nothing about a person, and why
TECHNICAL = {
    *(
        "id",
        "event_id",
        "subject_id",
        "lease_id",
        "lane",
        "again_of",
        "version",
        "first",
        "number",
        "position",
        "origin",
    ),  # our own numbers
    *("received_at", "content_key", "key", "data"),  # when we read the line; a digest; a number drawn at random; a file, which is named
    *("keep_unknown", "condition", "combination", "include_main_contact"),  # how lists are made
}
OWN_WORDS = {"associate": {"name"}, "company": {"name"}, "selection": {"name"}, "project": {"name"}, "interest": {"name"}}
NO_PERSONS = {"source.kind"}  # how a mailing names people
#: rows of lists, where what is about the person is the list's name


def _values(session: Session) -> list[tuple[str, Any]]:
    """(table.column, value) of every cell that says something about somebody."""
    found = []
    for table in Base.metadata.sorted_tables:
        if table.name in NOBODYS:
            continue
        wanted = [c for c in table.columns if not c.foreign_keys and c.name not in TECHNICAL and not c.name.endswith("_id")]
        wanted += [c for c in table.columns if c.name == "provider_id"]
        wanted = [c for c in wanted if table.name not in OWN_WORDS or c.name in OWN_WORDS[table.name]]
        for row in session.execute(select(*wanted)) if wanted else ():
            found += [(f"{table.name}.{c.name}", value) for c, value in zip(wanted, row, strict=True) if not isinstance(c.type, Boolean)]
    told = [(where, value) for where, value in found if where not in NO_PERSONS]
    return [(where, value) for where, value in told if value not in (None, "", {}, 0, VISIT)]  # visits have a place of their own


def _pieces(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [piece for key, one in value.items() for piece in (str(key), str(one))]
    if isinstance(value, datetime):
        return [value.isoformat(timespec="milliseconds")]
    return [value.value if isinstance(value, Enum) else str(value)]


def test_nothing_is_left_out(any_db: Database) -> None:
    """Every value of every table that is about the person stands in the page and in the file for programs."""
    with clock.standing_at(AT), any_db.writing() as session:
        person = filled(session)
        values = _values(session)
        page = html.unescape(report_as(session, person, ".html", SETTINGS).decode())
        document = orjson.dumps(_flat(orjson.loads(report_as(session, person, ".json", SETTINGS)))).decode()
    assert len({where for where, _ in values}) > 80
    for where, value in values:
        for piece in _pieces(value):
            assert piece in page, (where, piece)
            assert piece in orjson.loads(document), (where, piece)


def _flat(value: Any) -> list[str]:
    """Every key and value of a document."""
    if isinstance(value, dict):
        return [piece for key, one in value.items() for piece in (str(key), *_flat(one))]
    if isinstance(value, list):
        return [piece for one in value for piece in _flat(one)]
    return [str(value)]


def test_columns_are_json_only_where_the_test_looks(db: Database) -> None:
    """A column that holds a document is one the report shows as it is: what is inside one is compared piece by piece."""
    documents = {f"{t.name}.{c.name}" for t in Base.metadata.sorted_tables for c in t.columns if isinstance(c.type, JSON)}
    assert {name for name in documents if name.split(".")[0] not in NOBODYS} == {
        "person.custom",
        "company.custom",
        "event.original",
        "submission.values",
    }


@pytest.mark.parametrize(
    ("language", "title"), [("nb", "Dette har vi om deg"), ("de", "Was wir über Sie"), ("fi", "What we hold about you")]
)
def test_in_their_language(db: Database, language: str, title: str) -> None:
    """The page speaks the person's language, the installation's where that is none of ours, and is whole by itself."""
    with db.writing() as session:
        person = a_person(session, "ase@fjord.test", name="<b>Åse</b>", language=language)
        page = report_as(session, person, ".html", SETTINGS).decode()
    assert title in page
    assert "Fjord AS" in page
    assert "<b>Åse</b>" not in page
    assert not re.findall(r"""(?:src|href)=|<script|@import|url\(""", page)


def test_somebody_who_is_being_erased(db: Database) -> None:
    """Until they are erased for good the page says when that is; another kind of file is refused with a sentence."""
    with clock.standing_at(AT), db.writing() as session:
        person = a_person(session, "ase@fjord.test")
        assert "being erased" not in report_as(session, person, ".html", SETTINGS).decode()
        delete(session, person, 14)
        assert "deleted for good on 15 October 2026 12:00 UTC" in report_as(session, person, ".html", SETTINGS).decode()
        with pytest.raises(Unreadable, match=r"not as \.pdf"):
            report_as(session, person, ".pdf", SETTINGS)


@pytest.mark.parametrize("part", ["sentences", "names", "values"])
def test_every_word_in_every_language(part: str) -> None:
    """No language lacks a word."""
    assert {name: len(said) for name, said in _words()[part].items()} == dict.fromkeys(_words()[part], len(LANGUAGES))


def test_every_column_has_a_name_in_words(db: Database) -> None:
    """Whatever the report shows is called by a word of the reader's language, but for fields somebody invented."""
    with db.writing() as session:
        held = orjson.loads(report_as(session, filled(session), ".json", SETTINGS))
    held.pop("custom")
    for report in held["reports"]:
        report.pop("original", None)
    for sent in held["submissions"]:
        sent.pop("values")
    assert _keys(held) - {"made_at", "by"} <= _words()["names"].keys()


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for one in value.values() for key in _keys(one)}
    return {key for one in value for key in _keys(one)} if isinstance(value, list) else set()
