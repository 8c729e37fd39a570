"""An address corrected, the cause of its trouble beside it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.orm import Session

from mailings.errors import BadAddress, NotFound
from mailings.model import Address, AddressStanding, Person
from mailings.tracking.corrected import correct_bounced
from web.desk.at import AtDesk, Desk, path
from web.desk.labels import label_in

router = APIRouter()


@router.get("/people/{number}/correct", response_model=None)
def look(number: int, desk: AtDesk) -> Response:
    """The person's addresses, each with what is against it."""
    return _form(desk, number)


@router.post("/people/{number}/correct", response_model=None)
def correct(number: int, desk: AtDesk) -> Response:
    """Put the new address in the place of the old; back to where one came from, where it can be sent again."""
    try:
        told: dict[str, Any] = {}
        with desk.changing("correct address", f"person {number}", told) as session:
            mistaken = _address(session, _person(session, number), desk.fields.numbers("address"))
            corrected = correct_bounced(session, mistaken, desk.fields.first("new").strip())
            told |= {"address": mistaken.id, "shared": len(corrected.shared_with)}  # by its number: the log outlives addresses
    except BadAddress as error:
        return _form(desk, number, trouble=str(error))
    name, recipient = desk.fields.first("mailing"), desk.fields.numbers("recipient")
    note = "corrected_shared" if corrected.shared_with else "corrected_send" if recipient else "corrected"
    to = path("mailings", name, "recipients", min(recipient)) if name and recipient else path("people", number)
    return desk.moved_to(to, note, new=corrected.new, n=len(corrected.shared_with))


def _form(desk: Desk, number: int, trouble: str = "") -> Response:
    asked = desk.request.query_params if desk.request.method == "GET" else {"mailing": desk.fields.first("mailing")}
    recipient = asked.get("recipient", "") or "".join(map(str, sorted(desk.fields.numbers("recipient"))[:1]))
    with desk.door.database.reading() as session:
        person = _person(session, number)
        addresses = [(address, session.get(AddressStanding, address.normal)) for address in person.addresses]
        threshold = desk.door.settings.bounce_threshold
        return desk.show(
            "people/correct.html",
            400 if trouble else 200,
            person=person,
            addresses=addresses,
            threshold=threshold,
            mailing=asked.get("mailing", ""),
            recipient=recipient,
            trouble=trouble,
            label=label_in(desk),
            typed=desk.fields.first("new"),
            chosen=min(desk.fields.numbers("address"), default=0),
        )


def _person(session: Session, number: int) -> Person:
    person = session.get(Person, number)
    if person is None or person.deleted_at is not None:
        raise NotFound(f"There is no person number {number}.")
    return person


def _address(session: Session, person: Person, chosen: set[int]) -> Address:
    found = next((address for address in person.addresses if address.id in chosen), None)
    if found is None:
        raise NotFound(f"{person.name} has no such address any more; look at the page again.")
    return found
