"""Commands about drafts: push a folder, copy, delete, list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cli.door import AsJson, changing, database, notes, print_json, record, screen, table
from mailings.audience.copies import copy as copy_mailing
from mailings.audience.copies import delete_mailing
from mailings.audience.drafts import mailing_named
from mailings.audience.drafts import push as push_folder
from mailings.audience.listing import mailings
from mailings.audience.sources import sources_of
from mailings.model import ImportedRow, Mailing, MailingFile, SourceKind, TrackedLink
from mailings.readable import counted

app = typer.Typer(help="Drafts: push a folder, copy, delete, list.")
RECURS = "Next: a schedule of send-recurring for {name}; each time a copy is sent (docs/how-to/send-a-recurring-mailing.md)"
WITH = {"attachments": "attachment", "images": "inline image", "links": "registered link"}
TOLD = 10  # rows of a list that cannot be taken, told one by one

Name = Annotated[str, typer.Argument(metavar="NAME", help="The mailing's name.")]


@app.command()
def push(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with a mailing.yaml.")],
    as_json: AsJson = False,
) -> None:
    """A mailing's folder becomes (or updates) its draft; everything is copied into the database."""
    problems: list[str] = []
    with database().writing() as session:
        pushed = push_folder(session, folder, problems)
        record(session, "push", f"mailing {pushed.name}", kind=pushed.type.value, **({"skipped": len(problems)} if problems else {}))
        document = _stored(session, pushed)
    for problem in problems[:TOLD]:
        notes.print(f"left out: {problem}", style="yellow", highlight=False, markup=False)
    if len(problems) > TOLD:
        notes.print(f"left out: {counted(len(problems) - TOLD, 'row')} more", style="yellow", highlight=False)
    if as_json:
        print_json(document | {"left_out": problems})
    else:
        _tell(document)


def _stored(session: Session, mailing: Mailing) -> dict[str, object]:
    files = dict(
        session.execute(
            select(MailingFile.inline, func.count()).where(MailingFile.mailing_id == mailing.id).group_by(MailingFile.inline)
        ).all()
    )
    named = (TrackedLink.mailing_id == mailing.id, TrackedLink.name.is_not(None), TrackedLink.deleted_at.is_(None))
    links = session.scalar(select(func.count()).where(*named))
    sources = [
        {"kind": s.kind.value, "name": s.label, "rows": _rows(session, s.id) if s.kind is SourceKind.IMPORT else None}
        for s in sources_of(session, mailing)
    ]
    return {
        "name": mailing.name,
        "type": mailing.type.value,
        "status": mailing.status.value,
        "template": mailing.template,
        "attachments": files.get(False, 0),
        "images": files.get(True, 0),
        "links": links or 0,
        "sources": sources,
    }


def _rows(session: Session, source_id: int) -> int:
    return session.scalar(select(func.count()).where(ImportedRow.source_id == source_id)) or 0


def _tell(document: dict[str, object]) -> None:
    name = document["name"]
    stored = "template, which is never sent itself" if document["template"] else "draft"
    screen.print(f"[green]✓[/] {name} is stored as a {stored} ({document['type']}).", highlight=False)
    for source in document["sources"]:  # type: ignore[attr-defined]  # our own list, two functions above
        rows = f", {counted(source['rows'], 'row')}" if source["rows"] is not None else ""
        screen.print(f"  from {source['kind']} {source['name']}{rows}", highlight=False, markup=False)
    if document["type"] == "form_response":
        screen.print("  goes to whoever sends a form that names it", highlight=False)
    elif not document["sources"]:
        screen.print("  no sources yet: nobody would get it", highlight=False)
    beside = [counted(document[kind], one) for kind, one in WITH.items()]  # type: ignore[arg-type]  # counts, three functions above
    screen.print(f"  with {', '.join(beside)}", highlight=False)
    following = RECURS if document["template"] else "Next: mailings check {name}"
    screen.print(following.format(name=name), highlight=False, soft_wrap=True)


@app.command()
def copy(name: Name, new: Annotated[str, typer.Argument(metavar="NEW", help="The copy's name.")], as_json: AsJson = False) -> None:
    """Copy a mailing to a new draft: content, files, sources and registered links."""
    with changing("copy", f"mailing {name}", new_name=new) as session:
        copy_mailing(session, mailing_named(session, name), new)
    if as_json:
        print_json({"name": new, "status": "draft"})
    else:
        screen.print(f"Made the draft {new} from {name}. Next: mailings check {new}", highlight=False)


@app.command()
def delete(name: Name, as_json: AsJson = False) -> None:
    """Delete a draft, or a cancelled mailing of which nothing went out."""
    with changing("delete", f"mailing {name}") as session:
        delete_mailing(session, mailing_named(session, name))
    if as_json:
        print_json({"name": name, "deleted": True})
    else:
        screen.print(f"Deleted {name}.", highlight=False)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """All mailings, newest first; those the installation sends by itself apart."""
    with database().reading() as session:
        rows = list(mailings(session))
    if as_json:
        print_json(rows)
    elif not rows:
        screen.print("No mailings yet. Make one from a folder: mailings push DIR")
    else:
        columns = ("name", "type", "status", "topic", "folder", "recipients", "sent", "scheduled")
        heads = ("Name", "Type", "Status", "Topic", "Folder", "Recipients", "Sent", "Scheduled")
        for title, system in (("Mailings", False), ("System messages", True)):
            if shown := [tuple(_cell(row, column) for column in columns) for row in rows if row["system"] is system]:
                table(title, heads, shown)


def _cell(row: Mapping[str, Any], column: str) -> object:
    """A moment in the time of this machine, to the minute; of a template that it is one."""
    if column == "status" and row["template"]:
        return "template"
    return f"{row[column].astimezone():%Y-%m-%d %H:%M}" if isinstance(row[column], datetime) else row[column]
