"""What is done with chosen recipients: exported, put into a selection or project, sent to again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from mailings.audience.following import Added, into_project, into_selection, known
from mailings.audience.labels import VERDICT_LABELS
from mailings.audience.recipient_pages import walk
from mailings.errors import NotAllowed, NotFound
from mailings.model import MailingStatus, Project, Role, Selection, SelectionKind
from mailings.people.projects import create_project, project_named
from mailings.people.selection_members import create_selection
from mailings.people.selections import selection_named
from mailings.reports.exporting import COLUMNS, KINDS, Export
from mailings.sending.finding import mailing_named
from mailings.sending.resending import foreseen, resend
from mailings.staff import auditing
from web.desk.at import OWN, AtDesk, Desk, path
from web.desk.chosen import Chosen, posted
from web.desk.heads import head_of
from web.desk.labels import label_in

router = APIRouter()

MANY = 500  # selections or projects offered by name; more are typed


@router.post("/mailings/{name}/recipients/export/{kind}", response_model=None, tags=[OWN])  # whoever sees the list may take it along
def export(name: str, kind: str, desk: AtDesk) -> Response:
    """The chosen as a file. It is streamed: a million take as much memory as ten."""
    desk.must(Role.READER)
    if kind not in KINDS:
        raise NotFound(f"There is no export as {kind}; there are {', '.join(KINDS)}.")
    with desk.door.database.writing() as session:
        chosen = posted(desk, mailing_named(session, name).id, name)
        auditing.record(session, desk.user.name, "export recipients", f"mailing {name}", kind=kind, n=chosen.count(session))
    heads, kinds = [desk.say(f"export_col_{column}") for column in COLUMNS], ("kind_person", "kind_company", "kind_bare")
    file = Export(name, heads, (desk.say(kinds[0]), desk.say(kinds[1]), desk.say(kinds[2])), desk.language)
    headers = {"Content-Disposition": f'attachment; filename="recipients.{kind}"', "Cache-Control": "no-store"}
    return StreamingResponse(_pieces(desk, chosen, file, kind), media_type=KINDS[kind], headers=headers)


def _pieces(desk: Desk, chosen: Chosen, file: Export, kind: str) -> Iterator[bytes]:
    with desk.door.database.reading() as session:
        yield from file.written(kind, (row for part in walk(session, chosen.recipients()) for row in part))


@router.post("/mailings/{name}/recipients/add", response_model=None)
def choose_where(name: str, desk: AtDesk) -> Response:
    """Into what to put the chosen: how many can be, and what there is."""
    with desk.door.database.reading() as session:
        mailing, head = head_of(session, name)
        chosen = posted(desk, mailing.id, name)
        found = known(session, chosen.recipients())
        static = select(Selection.name).where(Selection.kind == SelectionKind.STATIC).order_by(Selection.name).limit(MANY)
        selections = session.scalars(static).all()
        projects = session.scalars(select(Project.name).order_by(Project.name).limit(MANY)).all()
    return desk.show("mailing/add.html", head=head, tab="recipients", chosen=chosen, found=found, selections=selections, projects=projects)


@router.post("/mailings/{name}/recipients/put", response_model=None)
def put(name: str, desk: AtDesk) -> Response:
    """Put the chosen there, in one statement; the answer says how many were added, were there, and were passed over."""
    with desk.door.database.writing() as session:
        chosen = posted(desk, mailing_named(session, name).id, name)
        where, added = add(desk, session, chosen.recipients())
        auditing.record(session, desk.user.name, "add recipients", f"mailing {name}", into=where, **asdict(added))
    return desk.moved_to(chosen.to(_tab(desk)), "added_note", where=where, **asdict(added))


def add(desk: Desk, session: Session, recipients: Select[int]) -> tuple[str, Added]:
    """Put recipients where a form says: its name, and what that came to. Raises NotAllowed where it says nothing."""
    into, new, old = desk.fields.first("into"), desk.fields.first("new").strip(), desk.fields.first("old").strip()
    if into == "new_selection" and new:
        return new, into_selection(session, recipients, create_selection(session, new))
    if into == "selection" and old:
        return old, into_selection(session, recipients, selection_named(session, old))
    if into == "new_project" and new:
        return new, into_project(session, recipients, create_project(session, new))
    if into == "project" and desk.fields.first("project"):
        return desk.fields.first("project"), into_project(session, recipients, project_named(session, desk.fields.first("project")))
    raise NotAllowed(desk.say("into_nothing"))


@router.post("/mailings/{name}/recipients/again", response_model=None)
def look_before(name: str, desk: AtDesk) -> Response:
    """Who of the chosen will get one more message, and who not and why; nothing is sent yet."""
    with desk.door.database.reading() as session:
        mailing, head = head_of(session, name)
        chosen = posted(desk, mailing.id, name)
        again, total = foreseen(session, mailing, chosen.recipients()), chosen.count(session)
        overrides = mailing.override_consent
    return desk.show(
        "mailing/again.html",
        head=head,
        tab="recipients",
        chosen=chosen,
        again=again,
        total=total,
        under_way=max(total - again.queued - sum(again.left_out.values()), 0),
        may=desk.may(Role.OVERRIDE_CONSENT) or not overrides,
        label=label_in(desk),
        verdicts=VERDICT_LABELS,
    )


@router.post("/mailings/{name}/recipients/send-again", response_model=None)
def send_again(name: str, desk: AtDesk) -> Response:
    """Queue one more message for the chosen who may get it; start_due_mailings sends them (domain.md D10)."""
    with desk.door.database.writing() as session:
        mailing = mailing_named(session, name, locked=True)
        if mailing.override_consent:
            desk.must(Role.OVERRIDE_CONSENT)
        chosen = posted(desk, mailing.id, name)
        again = resend(session, mailing, reload=False, ticked=chosen.recipients())
        counts = {"queued": again.queued, "left_out": again.left_out}
        auditing.record(session, desk.user.name, "send again", f"mailing {name}", **counts)
    words = "again_note_paused" if again.status is MailingStatus.PAUSED else "again_note"
    return desk.moved_to(path("mailings", name, "recipients"), words if again.queued else "again_note_none", n=again.queued)


def _tab(desk: Desk) -> str:
    return "bounces" if desk.fields.first("tab") == "bounces" else "recipients"
