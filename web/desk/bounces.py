"""Bounces of one mailing, and what is done about them (domain.md I)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from mailings.audience.filters import Filter, Group
from mailings.audience.recipient_pages import page_of
from mailings.errors import NotFound
from mailings.model import Recipient
from mailings.sending.finding import mailing_named
from mailings.staff import auditing
from mailings.tracking.clearing import Cleared, clear_bounces, delete_addresses, make_former_employees
from web.desk.at import AtDesk
from web.desk.chosen import LONGEST, Chosen, place_of, posted
from web.desk.heads import head_of
from web.desk.labels import label_in

router = APIRouter()

BOUNCED = frozenset({Group.BOUNCED})


@router.get("/mailings/{name}/bounces", response_model=None)
def bounces(name: str, desk: AtDesk) -> Response:
    """The Manage bounces tab: what nobody has dealt with yet, or all with `all=1`."""
    query = desk.request.query_params
    with desk.door.database.reading() as session:
        mailing, head = head_of(session, name)
        chosen = Chosen(name, Filter(mailing.id, BOUNCED, query.get("q", "").strip()[:LONGEST], open=query.get("all") != "1"))
        listed, total = page_of(session, chosen.filter, place_of(desk)), chosen.count(session)
    return desk.show("mailing/bounces.html", head=head, tab="bounces", chosen=chosen, listed=listed, total=total, label=label_in(desk))


@router.post("/mailings/{name}/bounces/{do}", response_model=None)
def act(name: str, do: str, desk: AtDesk) -> Response:
    """Clear the flag, delete the addresses, or set as former employees: of the ticked, or of all that are shown."""
    if do not in ACTIONS:
        raise NotFound(f"There is nothing called {do} to do with bounces.")
    with desk.door.database.writing() as session:
        chosen = posted(desk, mailing_named(session, name).id, name)
        done = ACTIONS[do](session, bounced_of(chosen), desk.user.name)
        told = {"changed": done.changed, "cleaned": done.cleaned, "cancelled": done.cancelled}
        auditing.record(session, desk.user.name, WHAT[do], f"mailing {name}", **told)
    return desk.moved_to(chosen.to("bounces"), NOTES[do], n=done.changed, cleaned=done.cleaned, cancelled=done.cancelled)


def bounced_of(chosen: Chosen) -> Select[int]:
    """The chosen whose latest message came back, whatever filters a form names: what is done here is done to nobody else."""
    if not chosen.ids:
        return replace(chosen.filter, groups=BOUNCED).chosen()
    return Filter(chosen.filter.mailing_id, BOUNCED).chosen().where(Recipient.id.in_(sorted(chosen.ids)))


def clear(session: Session, recipients: Select[int], by: str) -> Cleared:
    """Their addresses may be written to again."""
    return clear_bounces(session, _addresses(session, recipients))


def delete(session: Session, recipients: Select[int], by: str) -> Cleared:
    """Their addresses go from the database; they stay."""
    return delete_addresses(session, _addresses(session, recipients), by)


def retire(session: Session, recipients: Select[int], by: str) -> Cleared:
    """They are former employees."""
    people = select(Recipient.person_id).where(Recipient.id.in_(recipients), Recipient.person_id.is_not(None))
    return make_former_employees(session, [key for key in session.scalars(people) if key is not None], by)


ACTIONS: dict[str, Callable[[Session, Select[int], str], Cleared]] = {"clear": clear, "delete": delete, "retire": retire}
WHAT = {"clear": "clear bounces", "delete": "delete addresses", "retire": "set former employees"}  #: in the log
NOTES = {"clear": "cleared_note", "delete": "deleted_note", "retire": "retired_note"}


def _addresses(session: Session, recipients: Select[int]) -> Collection[str]:
    rows = select(Recipient.address).where(Recipient.id.in_(recipients), Recipient.address.is_not(None)).distinct()
    return [address for address in session.scalars(rows) if address is not None]
