"""Drafts: a mailing's folder becomes its draft in the database, whole, so that any worker on any machine can send it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.draft_files import Files, read_files, store_files
from mailings.audience.draft_names import Names, find_names
from mailings.audience.draft_sources import store_list, store_sources
from mailings.audience.folder import read_folder
from mailings.audience.folder_parts import ApprovalPart, MailingPart
from mailings.clock import now
from mailings.content.links import same_but_words
from mailings.errors import NotAllowed, NotFound
from mailings.model import Folder, Mailing, MailingStatus, TrackedLink
from mailings.model.adding import added


def mailing_named(session: Session, name: str) -> Mailing:
    """The mailing of that name. Raises NotFound."""
    found = session.scalar(select(Mailing).where(Mailing.name == name))
    if found is None:
        raise NotFound(f"There is no mailing named {name!r}; see them all: mailings list")
    return found


def push(session: Session, folder: Path, notes: list[str] | None = None) -> Mailing:
    """Make or update the draft that `folder/mailing.yaml` describes. Rows of a list that cannot be taken are told in `notes`.

    Raises Unreadable (the file, or files it names), NotFound (names nothing has), NotAllowed (no draft any more); then nothing is stored.
    """
    part = read_folder(folder)
    mailing = _open_draft(session, part)
    names, files = find_names(session, part), read_files(folder, part)
    _fill(mailing, part, names, files)
    mailing.folder_id = folder_at(session, part.archive.folder)
    session.flush()
    store_files(session, mailing, files)
    _store_links(session, mailing, part)
    for source, plan in zip(store_sources(session, mailing, names.sources), names.sources, strict=True):
        if plan.list_file is not None:
            told = store_list(session, source, files.lists[plan.list_file])
            if notes is not None:
                notes += told
    session.flush()
    return mailing


def _open_draft(session: Session, part: MailingPart) -> Mailing:
    named = select(Mailing).where(Mailing.name == part.name).with_for_update()
    mailing = session.scalar(named)
    if mailing is None:
        added(session, Mailing(name=part.name, type=part.type, created_at=now()))
        mailing = session.scalars(named).one()  # ours, or somebody else's who pushed it in the same moment
    if mailing.status is not MailingStatus.DRAFT:
        raise NotAllowed(f"{part.name} is {mailing.status}; only a draft can be changed. Push it under another name.")
    if mailing.type is not part.type:
        raise NotAllowed(f"{part.name} is a mailing of type {mailing.type}, which is fixed; delete it first: mailings delete {part.name}")
    return mailing


def _fill(mailing: Mailing, part: MailingPart, names: Names, files: Files) -> None:
    mailing.subject, mailing.preheader, mailing.html, mailing.text = part.subject, part.preheader, files.html, files.text
    mailing.sender, mailing.reply_to = part.sender.model_dump(), part.reply_to.model_dump()
    if part.sms is not None:
        mailing.sender["name"] = part.sms.sender  # lists show whom it comes from
    mailing.topic_id, mailing.archive_selection_id, mailing.archive_project_id = names.topic_id, names.selection_id, names.project_id
    for option, chosen in part.options.model_dump().items():
        setattr(mailing, option, chosen)
    mailing.tracking, mailing.rate, mailing.template = part.tracking.model_dump(), part.rate, part.template
    mailing.in_doubt = {"policy": part.in_doubt.policy, "after_s": int(part.in_doubt.after.total_seconds())}
    mailing.approval = {"above": part.approval.above} if isinstance(part.approval, ApprovalPart) else {"above": 0} if part.approval else {}
    mailing.more = part.model_dump(include={"sms", "document"}, exclude_none=True)


def _store_links(session: Session, mailing: Mailing, part: MailingPart) -> None:
    """The links named in mailing.yaml, in the order they are written. A number once given stays: test messages with it are out already.

    A link whose name and address are as before keeps its number; one that is gone, or leads elsewhere now, keeps leading where it led.
    """
    rows = list(session.scalars(select(TrackedLink).where(TrackedLink.mailing_id == mailing.id)))
    named = [row for row in rows if row.name is not None and row.registered_id is None]
    last, kept = max((row.number for row in rows), default=0), set()
    for name, link in part.links.items():
        row = next((row for row in named if row.name == name and same_but_words(row.url, link.url)), None)
        if row is None:
            last += 1
            row = TrackedLink(mailing_id=mailing.id, number=last, name=name)
            session.add(row)
        row.url, row.actions, row.deleted_at = link.url, link.actions.stored(), None
        kept.add(row.number)
    for row in named:
        if row.number not in kept and row.deleted_at is None:
            row.deleted_at = now()


def folder_at(session: Session, path: str) -> int | None:
    """The key of the folder at a path like 2026/autumn, made where it is missing; None = the root (domain.md B.11)."""
    parent: int | None = None
    for name in filter(None, (step.strip() for step in path.split("/"))):
        there = select(Folder.id).where(Folder.name == name, Folder.parent_id.is_not_distinct_from(parent))
        found = session.scalar(there)
        if found is None:
            made = Folder(name=name, parent_id=parent)
            found = made.id if added(session, made) else session.scalars(there).one()  # another's, made in the same moment
        parent = found
    return parent
