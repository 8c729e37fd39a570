"""A mailing as the folder it could have come from: `mailings push` makes a draft of it again, here or in another installation."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.folder import FILE
from mailings.audience.folder_parts import OptionsPart
from mailings.audience.letter_files import in_language
from mailings.audience.sources import sources_of
from mailings.audience.type_features import LACKS
from mailings.model import (
    Address,
    Company,
    Folder,
    ImportedRow,
    Mailing,
    MailingFile,
    Person,
    Project,
    Selection,
    Source,
    SourceKind,
    Topic,
    TrackedLink,
)
from mailings.reports.plain import write_rows


def write_folders(session: Session, folder: Path) -> None:
    """A folder for each mailing, named as it is; system messages are shipped and need none."""
    folder.mkdir()
    for number in session.scalars(select(Mailing.id).order_by(Mailing.id)).all():
        mailing = session.get_one(Mailing, number)
        if not mailing.is_system:
            write_folder(session, mailing, folder / mailing.name)
        session.expunge_all()


def write_folder(session: Session, mailing: Mailing, folder: Path) -> None:
    """mailing.yaml and the files it names."""
    folder.mkdir()
    written = _head(session, mailing) | _content(mailing, folder) | _carried(session, mailing, folder)
    written["sources"] = [source for row in sources_of(session, mailing) if (source := _source(session, row, folder))]
    if links := _links(session, mailing):
        written["links"] = links
    _without_what_its_type_lacks(mailing, written)
    text = yaml.safe_dump(written, allow_unicode=True, sort_keys=False, width=1000)
    (folder / FILE).write_text(text, encoding="utf-8")


def _head(session: Session, mailing: Mailing) -> dict[str, Any]:
    options = {name: getattr(mailing, name) for name in OptionsPart.model_fields}
    doubt = mailing.in_doubt
    facts: dict[str, Any] = {
        "name": mailing.name,
        "type": str(mailing.type),
        "subject": mailing.subject,
        "from": mailing.sender,
        "reply_to": mailing.reply_to,
        "topic": session.scalar(select(Topic.name).where(Topic.id == mailing.topic_id)),
        "archive": _archive(session, mailing),
        "options": options,
        "tracking": mailing.tracking,
        "preheader": mailing.preheader,
        "rate": mailing.rate,
        "in_doubt": {"policy": doubt["policy"], "after": f"{doubt['after_s']}s"} if doubt else None,
        "approval": mailing.approval or None,
        "template": mailing.template or None,
    }
    return {key: value for key, value in facts.items() if value not in (None, "", {})} | mailing.more


def _archive(session: Session, mailing: Mailing) -> dict[str, str]:
    names = {
        "folder": _path(session, mailing.folder_id),
        "selection": session.scalar(select(Selection.name).where(Selection.id == mailing.archive_selection_id)),
        "project": session.scalar(select(Project.name).where(Project.id == mailing.archive_project_id)),
    }
    return {key: name for key, name in names.items() if name}


def _path(session: Session, folder_id: int | None) -> str:
    steps: list[str] = []
    while folder_id is not None:
        folder = session.get_one(Folder, folder_id)
        steps.insert(0, folder.name)
        folder_id = folder.parent_id
    return "/".join(steps)


def _content(mailing: Mailing, folder: Path) -> dict[str, str]:
    letter = mailing.more.get("document") or {}
    template = letter.get("template", "")
    if mailing.html and template:
        _put(folder, in_language(template, letter.get("language", "")), mailing.html.encode())
        return {}
    found = {}
    for part, text in (("html", mailing.html), ("text", mailing.text)):
        if text:
            found[part] = _put(folder, "body.html" if part == "html" else "body.txt", text.encode())
    return found


def _carried(session: Session, mailing: Mailing, folder: Path) -> dict[str, Any]:
    attached: list[str] = []
    images: dict[str, str] = {}
    rows = select(MailingFile).where(MailingFile.mailing_id == mailing.id).order_by(MailingFile.id)
    for file in session.scalars(rows, execution_options={"yield_per": 1}):
        if file.inline:
            images[file.name] = _put(folder, f"images/{len(images) + 1}{mimetypes.guess_extension(file.content_type) or ''}", file.data)
        elif mailing.more.get("document"):  # the Word template, which `document.template` names
            _put(folder, file.name, file.data)
        else:
            attached.append(_put(folder, f"attachments/{file.name}", file.data))
        session.expunge(file)
    return {key: value for key, value in (("attachments", attached), ("images", images)) if value}


def _put(folder: Path, named: str, data: bytes) -> str:
    path = folder / named
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return named


def _source(session: Session, source: Source, folder: Path) -> dict[str, Any] | None:
    """As mailing.yaml has it; None for one that `archive` brings along, and for a person who was erased."""
    if source.archive:
        return None
    if source.kind is SourceKind.IMPORT:
        return _list(session, source, folder)
    named = {
        SourceKind.SELECTION: select(Selection.name).where(Selection.id == source.selection_id),
        SourceKind.PROJECT: select(Project.name).where(Project.id == source.project_id),
        SourceKind.COMPANY: select(Company.name).where(Company.id == source.company_id),
        SourceKind.PERSON: select(Address.normal).join(Person).where(Person.id == source.person_id).order_by(Address.rank).limit(1),
    }
    name = session.scalar(named[source.kind])
    return {str(source.kind): name} if name else None


def _list(session: Session, source: Source, folder: Path) -> dict[str, Any]:
    rows = select(ImportedRow.name, ImportedRow.written, ImportedRow.mobile_normal).where(ImportedRow.source_id == source.id)
    file = f"list-{source.position}.csv"
    walked = session.execute(rows.order_by(ImportedRow.row), execution_options={"yield_per": 1000})
    write_rows(folder, file, ("name", "email", "mobile"), walked)
    basis = {"consent": str(source.basis)} if source.basis else {}
    return {"import": file, **basis, "unknown": "keep" if source.keep_unknown else "skip"}


def _links(session: Session, mailing: Mailing) -> dict[str, Any]:
    own = (TrackedLink.name.is_not(None), TrackedLink.registered_id.is_(None), TrackedLink.deleted_at.is_(None))
    rows = session.scalars(select(TrackedLink).where(TrackedLink.mailing_id == mailing.id, *own).order_by(TrackedLink.number))
    return {str(row.name): {"url": row.url} | ({"actions": row.actions} if row.actions else {}) for row in rows}


def _without_what_its_type_lacks(mailing: Mailing, written: dict[str, Any]) -> None:
    for key in LACKS[mailing.type]:
        part, _, option = key.partition(".")
        if not option:
            written.pop(part, None)
        elif part == "options":
            written.get(part, {}).pop(option, None)
