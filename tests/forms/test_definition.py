"""form.yaml: what makes no sense is refused, each problem in one sentence with its place; what is kept is read back the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailings.db import Database
from mailings.errors import NotAllowed, Unreadable
from mailings.forms.definition import FormPart, definition_of
from mailings.forms.finding import form_named
from mailings.forms.pushing import delete, oddities, push, read_form
from tests.consent.waiting import a_mailing, a_topic
from tests.forms.sent import FIELDS, NAME, SETTINGS, folder_of, pushed, send

WRONG = {
    "- {kind: emial}": "did you mean email",
    "- {kind: relation}": "a visitor cannot choose among your records",
    "- {kind: read_only}": "a visitor could write nothing in it",
    "- {kind: custom.Sko}": "custom.shoe_size",
    "- {kind: text}": "needs an identifier",
    "- {kind: text, identifier: a b}": "is no identifier",
    "- {kind: radio, identifier: a}": "needs choices",
    "- {kind: radio, identifier: a, choices: [x, x]}": "stands twice",
    "- {kind: radio, identifier: a, choices: [x], default: y}": "none of the choices",
    "- {kind: text, identifier: a, max_kb: 3}": "max_kb does not go with a field of kind text",
    "- {kind: integer, identifier: a, min: 3, max: 2}": "min is above max",
    "- {kind: date, identifier: a, min: tomorrow}": "Invalid isoformat",
    "- {kind: email}\n- {kind: email, identifier: b}": "two fields have the kind email",
    "- {kind: text, identifier: a}\n- {kind: date, identifier: a}": "two fields have the identifier a",
    "- {kind: hidden, identifier: a, mandatory: true}": "nobody could fill it in",
    "- {kind: consent, privacy: 'javascript:alert(1)'}": "no address a browser can open",
    "- {kind: text_block, mandatory: true, text: x}": "only looked at",
    "- {kind: name, shape: round}": "unknown key",
}


@pytest.mark.parametrize(("fields", "sentence"), WRONG.items())
def test_what_makes_no_sense_is_refused(tmp_path: Path, fields: str, sentence: str) -> None:
    """Each is one sentence that names the file, the field's place and what to do."""
    with pytest.raises(Unreadable) as told:
        read_form(folder_of(tmp_path, fields))
    assert sentence in str(told.value)
    assert "form.yaml" in str(told.value)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"name": "På melding"}, "small letters a to z"),
        ({"style": {"accent": "red;}"}}, "is no colour"),
        ({"pages": {"thank_you": {"redirect": "//evil.test"}}}, "no address a browser can open"),
        ({"embed": ["https://acme.test/path"]}, "without a path"),
        ({"opens": "2026-12-02", "closes": "2026-12-01"}, "closes before it opens"),
        ({"double_opt_in": True, "fields": [{"kind": "name"}]}, "double_opt_in needs a field of kind email"),
        ({"captcha": "none of them"}, "captcha"),
        ({"fields": []}, "write fields, or sections"),
    ],
)
def test_the_rest_of_the_file(tmp_path: Path, more: dict[str, object], sentence: str) -> None:
    """Names, colours, addresses and moments are checked where they are written."""
    with pytest.raises(Unreadable, match=sentence):
        read_form(folder_of(tmp_path, beside=more))


def test_kept_and_read_back(any_db: Database, tmp_path: Path) -> None:
    """What is kept says the same as the file; pushed again unchanged it is the same version, changed it is the next."""
    with any_db.writing() as session:
        a_topic(session)
    pushed(any_db, tmp_path / "a", opens="2026-01-01", embed=["https://www.acme.test"])
    pushed(any_db, tmp_path / "a", opens="2026-01-01", embed=["https://www.acme.test"])
    with any_db.writing() as session:
        form = form_named(session, NAME)
        assert (form.version, form.opens_at.isoformat() if form.opens_at else None) == (1, "2026-01-01T00:00:00+00:00")
        kept = definition_of(form)
        assert kept == read_form(tmp_path / "a") == FormPart.model_validate(kept.stored())
        assert push(session, folder_of(tmp_path / "b", max_submissions=3), SETTINGS).version == 2


def test_names_nothing_has(db: Database, tmp_path: Path) -> None:
    """Every unknown name is told at once, and nothing is stored."""
    with db.writing() as session:
        a_mailing(session, "nytt")
    actions = {"selections": ["Kunder"], "projects": ["Messe"], "new": {"our_contact": "kari"}, "script": "ring"}
    with pytest.raises(Unreadable) as told:
        pushed(db, tmp_path, actions=actions, response="nytt")
    for word in ("'Kunder'", "'Messe'", "'kari'", "'ring'", "'News'", "nytt is a mailing of type email"):
        assert word in str(told.value), word
    with db.reading() as session, pytest.raises(Exception, match="no form named"):
        form_named(session, NAME)


def test_odd_and_allowed(db: Database, tmp_path: Path) -> None:
    """Consent that anybody could give for anybody, and fields anybody could overwrite, are told of."""
    notes: list[str] = []
    with db.writing() as session:
        a_topic(session)
        push(session, folder_of(tmp_path), SETTINGS, notes)
    assert [note.split(":")[0] for note in notes] == [
        "It asks for consent without double_opt_in",
        "Whoever knows an address can overwrite position of its person.",
    ]


@pytest.mark.parametrize(("more", "told"), [({}, True), ({"double_opt_in": True}, False)])
def test_opting_out_without_confirming_is_told_of(more: dict[str, bool], told: bool) -> None:
    """Where boxes that are not ticked opt out, anybody could do it to anybody; a link to confirm holds them off, and nothing is said."""
    fields = [{"kind": "email"}, {"kind": "topics", "topics": ["News"], "unticked": "opt_out"}]
    notes = oddities(FormPart.model_validate({"name": "f", "title": "F", "fields": fields} | more))
    assert any(note.startswith("It opts people out of topics without double_opt_in") for note in notes) is told


def test_a_form_with_submissions_stays(db: Database, tmp_path: Path) -> None:
    """A form is deleted while nobody has sent anything with it, and not after."""
    fields = FIELDS.replace("- {kind: topics, topics: [News]}\n", "")
    pushed(db, tmp_path, fields)
    with db.writing() as session:
        delete(session, form_named(session, NAME))
    pushed(db, tmp_path, fields)
    send(db)
    with db.writing() as session, pytest.raises(NotAllowed, match="has 1 submission,"):
        delete(session, form_named(session, NAME))
