"""What is done with chosen recipients: exported, put into a selection or project, sent to again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from mailings.audience.following import known, put_into
from mailings.audience.labels import VERDICT_LABELS
from mailings.audience.recipient_pages import walk
from mailings.errors import NotFound
from mailings.model import MailingStatus, Role
from mailings.reports.exporting import COLUMNS, KINDS, Cells, Export, cells_of
from mailings.sending.finding import mailing_named
from mailings.sending.resending import foreseen, resend
from mailings.staff import auditing
from web.desk.acting import may_override
from web.desk.at import OWN, AtDesk, Desk, path
from web.desk.chosen import Chosen, posted
from web.desk.heads import head_of
from web.desk.labels import label_in
from web.desk.where import offers, where_of

router = APIRouter()


@router.post("/mailings/{name}/recipients/export/{kind}", response_model=None, tags=[OWN])  # whoever sees the list may take it along
def export(name: str, kind: str, desk: AtDesk) -> Response:
    """The chosen as a file. It is streamed: a million take as much memory as ten."""
    desk.must(Role.READER)
    if kind not in KINDS:
        raise NotFound(f"There is no export as {kind}; there are {', '.join(KINDS)}.")
    with desk.door.database.reading() as session:  # counting a million takes a second, in which nobody else could write
        chosen = posted(desk, mailing_named(session, name).id, name)
        n = chosen.count(session)
    with desk.changing("export recipients", f"mailing {name}", kind=kind, n=n):
        pass  # in the log before anything is handed out
    file = Export(name, [desk.say(f"export_col_{column}") for column in COLUMNS], desk.language)
    return streamed(file.written(kind, _rows(desk, chosen)), "recipients", kind)


def streamed(pieces: Iterator[bytes], name: str, kind: str) -> Response:
    """A file to be kept, as it is written."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type=KINDS[kind], headers=headers)


def _rows(desk: Desk, chosen: Chosen) -> Iterator[Cells]:
    kinds = [desk.say(word) for word in ("kind_person", "kind_company", "kind_bare")]
    with desk.door.database.reading() as session:
        for part in walk(session, chosen.recipients()):
            yield from (cells_of(row, kinds, desk.language) for row in part)


@router.post("/mailings/{name}/recipients/add", response_model=None)
def choose_where(name: str, desk: AtDesk) -> Response:
    """Into what to put the chosen: how many can be, and what there is."""
    with desk.door.database.reading() as session:
        mailing, head = head_of(session, name)
        chosen = posted(desk, mailing.id, name)
        found = known(session, chosen.recipients())
        offered = offers(session)
    return desk.show("mailing/add.html", head=head, tab="recipients", chosen=chosen, found=found, **offered)


@router.post("/mailings/{name}/recipients/put", response_model=None)
def put(name: str, desk: AtDesk) -> Response:
    """Put the chosen there, in one statement; the answer says how many were added, were there, and were passed over."""
    with desk.door.database.writing() as session:
        chosen = posted(desk, mailing_named(session, name).id, name)
        where = where_of(desk, session)
        added, into = put_into(session, chosen.recipients(), where), where.name
        auditing.record(session, desk.user.name, "add recipients", f"mailing {name}", into=into, **asdict(added))
    return desk.moved_to(chosen.to(_tab(desk)), "added_note", where=into, **asdict(added))


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
        may_override(desk, mailing)
        chosen = posted(desk, mailing.id, name)
        again = resend(session, mailing, reload=False, ticked=chosen.recipients())
        counts = {"queued": again.queued, "left_out": again.left_out}
        auditing.record(session, desk.user.name, "send again", f"mailing {name}", **counts)
    words = "again_note_paused" if again.status is MailingStatus.PAUSED else "again_note"
    return desk.moved_to(path("mailings", name, "recipients"), words if again.queued else "again_note_none", n=again.queued)


def _tab(desk: Desk) -> str:
    return "bounces" if desk.fields.first("tab") == "bounces" else "recipients"
