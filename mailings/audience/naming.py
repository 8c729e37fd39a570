"""Which of a mailing's sources name somebody, and why one that seems to does not."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.imported import reached_at
from mailings.audience.particulars import Subject
from mailings.audience.sources import people_named, sources_of
from mailings.audience.verdicts import NOUNS
from mailings.channels import CHANNELS
from mailings.model import ImportedRow, Person, Project, ProjectMember, Source, SourceKind


@dataclass(frozen=True)
class NamedBy:
    """A source asked about somebody. `counts` = it is the one they are on the list by; `note` = why naming them does not help."""

    source: str
    kind: str
    names: bool
    counts: bool = False
    note: str = ""


def sources_naming(session: Session, subject: Subject) -> list[NamedBy]:
    """Every source in order, and the linked project where only the selection's people count (domain.md C.3)."""
    found = [_asked(session, subject, source) for source in sources_of(session, subject.mailing)]
    return found + _archive_only(session, subject)


def _asked(session: Session, subject: Subject, source: Source) -> NamedBy:
    names = _names(session, subject, source)
    counts = bool(subject.recipient and subject.recipient.source_id == source.id)
    return NamedBy(source.label, source.kind.value, names, counts, _note(session, subject, source) if subject.recipient is None else "")


def _names(session: Session, subject: Subject, source: Source) -> bool:
    if subject.person is None and subject.company is None:
        return _on_list(session, source, subject)
    people = people_named(session, source).subquery()
    rows = select(people.c.person_id).join(Person, Person.id == people.c.person_id).where(Person.deleted_at.is_(None))
    if subject.person is not None:
        rows = rows.where(Person.id == subject.person.id)
    elif subject.company is not None:
        rows = rows.where(Person.company_id == subject.company.id)
    return session.execute(rows.limit(1)).first() is not None


def _on_list(session: Session, source: Source, subject: Subject) -> bool:
    if source.kind is not SourceKind.IMPORT:
        return False
    where = reached_at(subject.mailing)
    same = where == subject.address if subject.address else where.is_(None)
    return session.scalar(select(ImportedRow.id).where(ImportedRow.source_id == source.id, same).limit(1)) is not None


def _note(session: Session, subject: Subject, source: Source) -> str:
    if subject.person or subject.company or not _on_list(session, source, subject):
        return ""
    if subject.address is None:
        return f"the row in {source.label} has no valid {NOUNS[CHANNELS[subject.mailing.type]]}"
    return f"nobody in the database has this {NOUNS[CHANNELS[subject.mailing.type]]}, and {source.label} is taken with unknown: skip"


def _archive_only(session: Session, subject: Subject) -> list[NamedBy]:
    mailing, person = subject.mailing, subject.person
    if mailing.archive_selection_id is None or mailing.archive_project_id is None or person is None:
        return []
    explicit = select(Source.id).where(Source.mailing_id == mailing.id, Source.project_id == mailing.archive_project_id)
    member = select(ProjectMember.id).where(ProjectMember.project_id == mailing.archive_project_id, ProjectMember.person_id == person.id)
    if session.scalar(explicit.limit(1)) is not None or session.scalar(member) is None:
        return []
    name = session.get_one(Project, mailing.archive_project_id).name
    note = f"project {name} is only an archive link: with a selection linked too, only the selection's people get it"
    return [NamedBy(name, SourceKind.PROJECT.value, names=False, note=note)]
