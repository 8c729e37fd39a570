"""What a populated list looks like to a test: names and their verdicts."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.model import (
    Company,
    Mailing,
    Person,
    Recipient,
)
from tests.audience.people import folder

LINKED = {"archive": {"selection": "Kunder"}}  #: keys of a mailing that is filed with a selection, and goes to it


def verdicts(session: Session, mailing: Mailing) -> dict[str, str]:
    """name (of person, company or bare row) -> verdict, with ! where overridden."""
    rows = select(Person.name, Company.name, Recipient.name, Recipient.address, Recipient.verdict, Recipient.overridden)
    rows = rows.outerjoin(Person, Person.id == Recipient.person_id).outerjoin(Company, Company.id == Recipient.company_id)
    found = session.execute(rows.where(Recipient.mailing_id == mailing.id))
    return {p or c or n or a: verdict.value + "!" * overridden for p, c, n, a, verdict, overridden in found}


def populated(session: Session, path: Path, **keys: object) -> dict[str, str]:
    """Push a folder with these keys and populate it; what `verdicts` says."""
    mailing = push(session, folder(path, **keys))
    populate(session, mailing, launch=False)
    return verdicts(session, mailing)
