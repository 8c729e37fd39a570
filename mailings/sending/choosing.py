"""Whom a resend means: words such as `failed` or addresses, read and found on the mailing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Table, delete, insert, or_, select
from sqlalchemy.orm import Session, aliased

from mailings.addresses import read_address
from mailings.audience.populate import step
from mailings.db import among
from mailings.errors import NotAllowed, NotFound
from mailings.model import Address, Company, Delivery, DeliveryStatus, Mailing, Recipient

#: what may be sent again by its word: everybody whose latest message came to this
WORDS = (DeliveryStatus.FAILED, DeliveryStatus.BOUNCED, DeliveryStatus.IN_DOUBT, DeliveryStatus.CANCELLED)
#: whose message was taken, and a person has not opened or clicked it as far as we know (`reading.py`); machines' visits are no reading
UNMOVED = {"unopened": Delivery.opened_at.is_(None) & Delivery.clicked_at.is_(None), "unclicked": Delivery.clicked_at.is_(None)}
TAKEN = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED)
UNDER_WAY = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom to send to again: by what became of the latest message, and by address, whatever became of it (domain.md C.11)."""

    statuses: tuple[DeliveryStatus, ...]
    addresses: Mapping[str, str]  # normal -> as written
    unmoved: tuple[str, ...] = ()  # unopened, unclicked
    ticked: Select[int] | None = None  # ids of recipients, chosen on a list, whatever became of their messages

    @property
    def meant(self) -> ColumnElement[bool]:
        """Latest deliveries that the words mean."""
        unmoved = [UNMOVED[word] & Delivery.status.in_(TAKEN) for word in self.unmoved]
        return or_(Delivery.status.in_(self.statuses), *unmoved)


def read_choice(text: str) -> Choice:
    """Words and addresses separated by commas. Raises NotFound for a word that is none, NotAllowed where nobody is named."""
    words = [word.strip() for word in re.split(r"[,;]", text) if word.strip()]
    if not words:
        raise NotAllowed(f"It is not said whom to send to again; name {_may()}.")
    plain = [re.sub(r"[\s-]", "_", word.lower()) for word in words if "@" not in word]
    if unknown := [word for word in plain if word not in WORDS and word not in UNMOVED]:
        raise NotFound(f"{unknown[0]!r} says nothing about whom to send to again; name {_may()}.")
    addresses = {read_address(word).normal or word: word for word in words if "@" in word}
    statuses = tuple(DeliveryStatus(word) for word in dict.fromkeys(plain) if word in WORDS)
    return Choice(statuses, addresses, tuple(word for word in UNMOVED if word in plain))


def must_be_known(mailing: Mailing, choice: Choice) -> None:
    """Raises NotAllowed where the mailing records nothing of what the words ask: then everybody would be meant."""
    if "unopened" in choice.unmoved and not mailing.tracking.get("opens", True):
        raise NotAllowed(f"Nobody knows who has opened {mailing.name}: its opens are not recorded; name {_may()}.")
    if "unclicked" in choice.unmoved and mailing.tracking.get("clicks", "all") == "none":
        raise NotAllowed(f"Nobody knows who has clicked in {mailing.name}: its clicks are not recorded; name {_may()}.")


def choose(session: Session, mailing: Mailing, choice: Choice, chosen: Table) -> None:
    """Put the recipients that are meant into `chosen`, except those whose message is on its way. Raises NotFound for who is not on it."""
    if choice.statuses or choice.unmoved:
        latest = _latest(mailing).where(choice.meant)
        step(session, insert(chosen).from_select(["recipient_id"], latest))
    if choice.addresses:
        found = select(Recipient.id).where(among(session, Recipient.id, found_at(session, mailing, choice.addresses)))
        new = found.where(Recipient.id.not_in(select(chosen.c.recipient_id)))
        step(session, insert(chosen).from_select(["recipient_id"], new))
    if choice.ticked is not None:
        ids = choice.ticked.subquery()
        ours = select(Recipient.id).join(ids, ids.c[0] == Recipient.id).where(Recipient.mailing_id == mailing.id)
        step(session, insert(chosen).from_select(["recipient_id"], ours.where(Recipient.id.not_in(select(chosen.c.recipient_id)))))
    open_ones = select(Delivery.recipient_id).where(Delivery.mailing_id == mailing.id, Delivery.status.in_(UNDER_WAY), ~Delivery.test)
    step(session, delete(chosen).where(chosen.c.recipient_id.in_(open_ones)))


def _latest(mailing: Mailing) -> Select[int | None]:
    """Recipients by their latest delivery that is no test (D11)."""
    later = aliased(Delivery)
    newer = select(later.id).where(later.recipient_id == Delivery.recipient_id, later.id > Delivery.id, ~later.test)
    return select(Delivery.recipient_id).where(
        Delivery.mailing_id == mailing.id, ~Delivery.test, Delivery.recipient_id.is_not(None), ~newer.exists()
    )


def found_at(session: Session, mailing: Mailing, addresses: Mapping[str, str]) -> set[int]:
    """Ids of the recipients written to at these addresses, or whose person or company has one of them today. Raises NotFound."""
    ours = Recipient.mailing_id == mailing.id
    listed = select(Recipient.address, Recipient.id).where(ours, among(session, Recipient.address, addresses))
    people = select(Address.normal, Recipient.id).join(Recipient, Recipient.person_id == Address.person_id)
    companies = select(Company.email_normal, Recipient.id).join(Recipient, Recipient.company_id == Company.id)
    found = {
        *session.execute(listed),
        *session.execute(people.where(ours, among(session, Address.normal, addresses))),
        *session.execute(companies.where(ours, among(session, Company.email_normal, addresses))),
    }
    known = {address for address, _ in found}
    if missing := [written for normal, written in addresses.items() if normal not in known]:
        who = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        raise NotFound(f"{who} {'is' if len(missing) == 1 else 'are'} not on {mailing.name}; look at: mailings recipients {mailing.name}")
    return {recipient_id for _, recipient_id in found}


def _may() -> str:
    return f"{', '.join((*WORDS, *UNMOVED))}, or addresses, separated by commas"
