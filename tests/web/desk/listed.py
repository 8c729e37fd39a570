"""A mailing with recipients in every state, for tests of what the desk shows of them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from mailings import clock
from mailings.db import Database
from mailings.model import Company, Delivery, DeliveryStatus, Mailing, MailingStatus, MailingType, Person, Recipient, Verdict
from mailings.reported import BounceKind, BounceWhy
from tests.audience.people import company, person

NAME = "høst-nytt"
STATES = {
    "sent": {"status": DeliveryStatus.SENT},
    "delivered": {"status": DeliveryStatus.DELIVERED},
    "read": {"status": DeliveryStatus.SENT, "opened_at": True},
    "clicked": {"status": DeliveryStatus.DELIVERED, "clicked_at": True},
    "bounced": {
        "status": DeliveryStatus.BOUNCED,
        "bounce": BounceKind.HARD,
        "bounce_why": BounceWhy.MAILBOX,
        "code": "550 5.1.1",
        "reason": "No such user",
    },
    "soft": {"status": DeliveryStatus.BOUNCED, "bounce": BounceKind.SOFT, "bounce_why": BounceWhy.FULL, "code": "452 4.2.2"},
    "complained": {"status": DeliveryStatus.DELIVERED, "complained_at": True},
    "queued": {"status": DeliveryStatus.QUEUED},
    "sending": {"status": DeliveryStatus.SENDING},
    "failed": {"status": DeliveryStatus.FAILED, "reason": "refused"},
    "in_doubt": {"status": DeliveryStatus.IN_DOUBT, "reason": "no answer"},
    "cancelled": {"status": DeliveryStatus.CANCELLED, "reason": "withdrawn"},
}


def sent(db: Database, name: str = NAME) -> int:
    """A sent mailing with one person in each of STATES, `Åse STATE` at `STATE@fjord.test`, and one for each other verdict. Its id."""
    with db.writing() as session:
        now = clock.now()
        made = Mailing(name=name, type=MailingType.EMAIL, status=MailingStatus.SENT, created_at=now, started_at=now, finished_at=now)
        session.add(made)
        session.flush()
        for state, facts in STATES.items():
            message(session, made, person(session, f"Åse {state}", f"{state}@fjord.test"), **facts)
        for verdict in Verdict:
            if verdict is not Verdict.ELIGIBLE:
                kept_back(session, made, verdict)
        return made.id


def message(session: Session, mailing: Mailing, whom: Person | Company | str, **facts: object) -> Delivery:
    """A recipient of the mailing and what became of the message."""
    row = Recipient(mailing_id=mailing.id, verdict=Verdict.ELIGIBLE)
    if isinstance(whom, Person):
        row.person_id, row.address = whom.id, whom.addresses[0].normal
    elif isinstance(whom, Company):
        row.company_id, row.address = whom.id, whom.email_normal
    else:
        row.address, row.name = whom, "Désirée van der IJssel"
    session.add(row)
    session.flush()
    stamps = {key: clock.now() if value is True else value for key, value in facts.items()}
    went = {"sent_at": clock.now() - timedelta(hours=1)} if facts.get("status") not in ("queued", "sending") else {}
    made = Delivery(mailing_id=mailing.id, recipient_id=row.id, attempts=1, **(went | stamps))
    session.add(made)
    session.flush()
    return made


def kept_back(session: Session, mailing: Mailing, verdict: Verdict) -> None:
    """Somebody a rule keeps back."""
    whom = person(session, f"Øyvind {verdict}", f"{verdict}@blåbær.test")
    address = None if verdict is Verdict.NO_ADDRESS else whom.addresses[0].normal
    session.add(Recipient(mailing_id=mailing.id, person_id=whom.id, address=address, verdict=verdict))
    session.flush()


def more(db: Database, mailing_id: int) -> None:
    """A company and a bare address besides, both sent to."""
    with db.writing() as session:
        mailing = session.get_one(Mailing, mailing_id)
        message(session, mailing, company(session, "Søn AS", "post@son.test"), status=DeliveryStatus.SENT)
        message(session, mailing, "desiree@ijssel.test", status=DeliveryStatus.SENT)
