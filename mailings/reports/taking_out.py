"""Everything the database holds as plain files: which table becomes which file, and what stays behind for which reason."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table, func, select, text
from sqlalchemy.orm import Session

from mailings import clock
from mailings.errors import NotAllowed
from mailings.model import Base
from mailings.reports.mailing_folders import write_folders
from mailings.reports.people_list import PEOPLE_LIST, write_people_list
from mailings.reports.plain import Written, write_rows

INDEX = "index.json"
PORTION = 1000  # rows fetched at a time

#: table -> its file, in the order a reader would open them
FILES = {
    "person": "people",
    "address": "addresses",
    "address_standing": "standings",
    "company": "companies",
    "associate": "associates",
    "consent": "consents",
    "topic": "topics",
    "opt_out": "opt-outs",
    "interest": "interests",
    "person_interest": "interests-of-people",
    "selection": "selections",
    "selection_member": "selection-members",
    "project": "projects",
    "project_member": "project-members",
    "sale": "sales",
    "folder": "folders",
    "mailing": "mailings",
    "mailing_file": "mailing-files",
    "source": "sources",
    "imported_row": "imported-rows",
    "recipient": "recipients",
    "delivery": "deliveries",
    "delivery_note": "delivery-notes",
    "evidence": "evidence",
    "event": "events",
    "event_reading": "event-readings",
    "tracked_link": "links",
    "registered_link": "registered-links",
    "errand": "errands",
    "follow_up": "follow-ups",
    "request": "requests",
    "outbox": "outbox",
    "figure": "figures",
    "approval": "approvals",
    "resend_order": "resend-orders",
    "form": "forms",
    "form_version": "form-versions",
    "submission": "submissions",
    "submitted_file": "submitted-files",
    "user_account": "users",
    "audit_entry": "audit",
    "bucket": "limits",
}
#: table -> why it has no file
LEFT_OUT = {
    "sign_in": "secret: browsers somebody is signed in with",
    "approved_recipient": "marks made with the secret, gone when the mailing begins to be sent",
    "lease": "which process is at work this moment",
    "text_slot": "text messages of the last two days, counted for a cap",
    "mail_domain": "a copy of what the DNS says",
    "upload": "a list somebody at the desk is looking over, in their own file too",
    "notice": "which trouble the staff were told of within the hour",
    "bookmark": "how far others' records were read",
    "read_mail": "which messages of a mailbox were read",
}
#: table.column -> why it is in no file
COLUMNS_LEFT_OUT = {
    "user_account.password_hash": "secret",
    "user_account.oidc_subject": "names an account elsewhere",
    "submission.key": "secret: whoever has it may send the form again",
    "mailing_file.data": "the files themselves lie in the mailing's folder, under mailings/",
    "submitted_file.data": "the files themselves lie under submitted/",
}

Tell = Callable[[str, int], None]  #: the file's name, and how many more rows of it are written


@dataclass(frozen=True)
class Taken:
    """What was written: the files, and everything index.json says."""

    files: list[Written]
    index: dict[str, Any]


def rows_of(session: Session) -> dict[str, int]:
    """How many rows each file will have, for a bar."""
    tables = {file: Base.metadata.tables[name] for name, file in FILES.items()}
    return {file: int(session.scalar(select(func.count()).select_from(table)) or 0) for file, table in tables.items()}


def still(session: Session) -> None:
    """From here on the session sees one moment, however long it reads. To be called before anything is read."""
    if session.get_bind().dialect.name != "sqlite":  # SQLite's reading transactions do so by themselves
        session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})


def take_out(session: Session, folder: Path, tell: Tell = lambda _file, _more: None) -> Taken:
    """Write everything into `folder`, which is there afterwards whole or not at all.

    Raises NotAllowed when there is something in it already or it cannot be made.
    """
    with _made_whole(folder) as making:
        files = [_write(session, making, name, tell) for name in FILES]
        files.append(write_people_list(session, making / PEOPLE_LIST))
        write_folders(session, making / "mailings")
        _submitted(session, making)
        taken = Taken(files, _index(session, files))
        (making / INDEX).write_text(json.dumps(taken.index, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return taken


def columns_of(table: Table) -> list[Column[Any]]:
    """The columns of a table that go out, in the table's order."""
    return [column for column in table.columns if f"{table.name}.{column.name}" not in COLUMNS_LEFT_OUT]


def _write(session: Session, folder: Path, name: str, tell: Tell) -> Written:
    table, file = Base.metadata.tables[name], FILES[name]
    asked = select(*columns_of(table)).order_by(*table.primary_key)

    def rows() -> Iterator[Any]:
        for some in session.execute(asked, execution_options={"yield_per": PORTION}).partitions():
            yield from some
            tell(file, len(some))

    return write_rows(folder, f"{file}.csv", [column.name for column in columns_of(table)], rows())


def _submitted(session: Session, folder: Path) -> None:
    """The files people sent with forms, one at a time, as `submitted/NUMBER.kind`."""
    files = Base.metadata.tables["submitted_file"]
    for number, name, data in session.execute(select(files.c.id, files.c.name, files.c.data), execution_options={"yield_per": 1}):
        (folder / "submitted").mkdir(exist_ok=True)
        kind = re.search(r"\.[A-Za-z0-9]{1,8}$", name)
        (folder / "submitted" / f"{number}{kind[0].lower() if kind else ''}").write_bytes(data)


def _index(session: Session, files: list[Written]) -> dict[str, Any]:
    step = session.execute(text("SELECT version_num FROM alembic_version")).scalar() if _stepped(session) else None
    return {
        "made_at": clock.now().isoformat(timespec="seconds"),
        "step": step,
        "format": "CSV as RFC 4180: UTF-8, commas, CRLF; text in quotes, nothing = not known; moments in ISO 8601, UTC",
        "files": [asdict(file) for file in files],
        "mailings": "one folder each under mailings/; `mailings push` takes it",
        "left_out": LEFT_OUT,
        "columns_left_out": COLUMNS_LEFT_OUT,
    }


def _stepped(session: Session) -> bool:
    return bool(session.connection().dialect.has_table(session.connection(), "alembic_version"))


@contextmanager
def _made_whole(folder: Path) -> Iterator[Path]:
    """A folder beside it, for its owner's eyes alone, that takes its place when the block is done."""
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotAllowed(f"{folder} is there and not empty; name a folder that is not there yet.")
    try:
        making = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise NotAllowed(f"{folder} cannot be made: {error.strerror}; name another place.") from error
    try:
        yield making
        making.replace(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
