"""A form with submissions in every state, for tests of what the desk shows of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import Database
from mailings.forms.definition import FormPart
from mailings.forms.pushing import store
from mailings.model import Form, Submission, SubmissionStatus, SubmittedFile
from tests.audience.people import person

NAME = "havnedag"
FORM = """
name: havnedag
title: Meld deg på havnedagen
description: For Désirée van der IJssel
language: 'no'
mode: manual
embed: [https://vindheim.test]
sections:
- title: Om deg
  fields:
  - {kind: name, mandatory: true, label: Navn}
  - {kind: email, mandatory: true, label: E-post}
  - {kind: company_name, label: Firma}
- title: Dagen
  fields:
  - {kind: radio, identifier: dish, label: Rett, choices: [Fisk, {value: veg, label: Grønnsaker}]}
  - {kind: rating, identifier: nps, look: nps, label: "Vil du anbefale oss?"}
  - {kind: rating, identifier: stars, label: "Hvordan var det i fjor?"}
  - {kind: upload, identifier: drawing, label: Tegning}
  - {kind: text_area, identifier: remark, label: Merknad}
actions: {interests: [Seiling], request: {title: Ring tilbake}}
"""
WRITTEN = {"name": "Åse Ødegård", "email": "ase@fjord.test", "dish": "veg", "nps": 10, "stars": 4, "remark": "Hei <b>alle</b>"}


def a_form(session: Session, **more: object) -> Form:
    """The form; `more` = keys of form.yaml that stand instead."""
    return store(session, FormPart.model_validate(yaml.safe_load(FORM) | more))


def sent_in(session: Session, form: Form, status: SubmissionStatus = SubmissionStatus.SUBMITTED, **more: Any) -> Submission:
    """One submission; `more` = its other columns."""
    at = clock.now() - timedelta(hours=2)
    number = len(session.scalars(select(Submission.id)).all()) + 1
    told: dict[str, Any] = {"key": f"key {number}", "values": WRITTEN, "email": "ase@fjord.test", "created_at": at, "submitted_at": at}
    made = Submission(form_id=form.id, status=status, language="no", **told | more)
    session.add(made)
    session.flush()
    return made


def in_every_state(session: Session) -> list[int]:
    """A submission in each state, with a file in the first; their numbers."""
    form = a_form(session)
    first = sent_in(session, form)
    file = {"field": "drawing", "name": "tegning ø.html", "content_type": "text/html", "data": b"<script>alert(1)</script>"}
    session.add(SubmittedFile(submission_id=first.id, **file))
    theirs = person(session, "Bjørn Ås", "bjorn@fjord.test").id
    done = {"processed_at": clock.now(), "processed_by": "åse", "person_id": theirs, "outcome": "Found the person by address."}
    states: list[tuple[SubmissionStatus, dict[str, Any]]] = [
        (SubmissionStatus.UNCONFIRMED, {}),
        (SubmissionStatus.PROCESSED, done | {"email": "bjorn@fjord.test"}),
        (SubmissionStatus.PROCESSED, done | {"processed_by": None, "values": WRITTEN | {"nps": 3, "stars": 2, "old": "=1+1"}}),
        (SubmissionStatus.FAILED, {"problem": "There is no selection named 'Gjester' any more.", "email": "desiree@ijssel.test"}),
    ]
    return [first.id, *(sent_in(session, form, status, **more).id for status, more in states)]


def one_of(db: Database, number: int) -> Submission:
    """The submission as it stands."""
    with db.reading() as session:
        found = session.get_one(Submission, number)
        session.expunge(found)
        return found
