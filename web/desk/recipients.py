"""A mailing's recipients: filtered, page by page, a million of them as quickly as ten; and why each of them got it or did not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.orm import Session

from mailings.audience.explain import explain, explained
from mailings.audience.filters import Group
from mailings.audience.labels import VERDICT_LABELS
from mailings.audience.recipient_pages import page_of, rows_of
from mailings.audience.recipient_story import messages_to
from mailings.audience.whom import subject_of
from mailings.errors import NotFound
from mailings.model import Mailing, MailingType, Person, Recipient, Role, Source
from mailings.reports.seen import is_seen
from web.desk.at import AtDesk, Desk
from web.desk.chosen import asked, counts_at, place_of
from web.desk.heads import head_of
from web.desk.labels import label_in
from web.desk.words import texts

router = APIRouter()


@router.get("/mailings/{name}/recipients", response_model=None)
def recipients(name: str, desk: AtDesk) -> Response:
    """The Recipients tab (domain.md C.10)."""
    with desk.door.database.reading() as session:
        mailing, head = head_of(session, name)
        chosen, counts = asked(desk, mailing.id, name), counts_at(desk).counts_of(session, mailing)
        page, offered = page_of(session, chosen.filter, place_of(desk)), _offered(mailing.type, counts)
        all_of_them = chosen.count(session) if chosen.filter.search else sum(counts[group] for group in chosen.filter.groups)
    return desk.show(
        "mailing/recipients.html",
        head=head,
        tab="recipients",
        chosen=chosen,
        counts=counts,
        groups=offered,
        listed=page,
        total=all_of_them,
        label=label_in(desk),
    )


def _offered(kind: MailingType, counts: Mapping[Group, int]) -> list[Group]:
    """The filters there are: of text messages and letters nobody is seen to read, so nobody stands there (domain.md A)."""
    return [group for group in Group if is_seen(kind) or counts[group] or group not in (Group.READ, Group.COMPLAINED)]


@router.get("/mailings/{name}/recipients/{number}", response_model=None)
def recipient(name: str, number: int, desk: AtDesk) -> Response:
    """One recipient: why, and everything that happened. Raises NotFound."""
    with desk.door.database.reading() as session:
        mailing, head = head_of(session, name)
        found = recipient_of(desk, session, mailing, number)
        return _shown(desk, session, (mailing, found), head=head)


def recipient_of(desk: Desk, session: Session, mailing: Mailing, number: int) -> Recipient:
    """The recipient of that number. Raises NotFound where it is none of this mailing's, or to be erased: administrators see those."""
    found = session.get(Recipient, number)
    person = session.get(Person, found.person_id) if found is not None and found.person_id is not None else None
    hidden = person is not None and person.deleted_at is not None and not desk.may(Role.ADMIN)
    if found is None or found.mailing_id != mailing.id or hidden:
        raise NotFound(f"{mailing.name} has no recipient number {number}; look for them on its list.")
    return found


def _shown(desk: Desk, session: Session, of: tuple[Mailing, Recipient], **more: Any) -> Response:
    mailing, found = of
    row = rows_of(session, [found.id])[0]
    source = session.get(Source, found.source_id) if found.source_id else None
    return desk.show(
        "mailing/recipient.html",
        tab="recipients",
        row=row,
        source=source,
        why=explained(session, subject_of(session, mailing, found)),
        messages=messages_to(session, found),
        previewed=mailing.type is MailingType.EMAIL and row.email is not None,
        label=label_in(desk),
        known=texts(),
        verdicts=VERDICT_LABELS,
        **more,
    )


@router.get("/mailings/{name}/explain", response_model=None)
def explain_address(name: str, desk: AtDesk) -> Response:
    """Why somebody who may not even be on the list does not get it: by address or name."""
    text = desk.request.query_params.get("who", "").strip()
    with desk.door.database.reading() as session:
        mailing, head = head_of(session, name)
        found, trouble = [], ""
        if text:
            try:
                found = explain(session, mailing, text)
            except NotFound as error:
                trouble = str(error)
    return desk.show("mailing/explained.html", head=head, tab="recipients", found=found, trouble=trouble, who=text, mailing=name)
