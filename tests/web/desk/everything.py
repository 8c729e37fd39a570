"""A desk with something on every page: mailings in every status and of every type, links, bounces, people, groups, users."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.standing import block_address, complain
from mailings.consent.topics import add_topic
from mailings.db import Database
from mailings.model import (
    Approval,
    Combination,
    DeliveryStatus,
    Mailing,
    MailingFile,
    MailingStatus,
    MailingType,
    Person,
    Recipient,
    Role,
    Source,
    SourceKind,
    TrackedLink,
    Verdict,
)
from mailings.people.projects import create_project
from mailings.people.selection_members import Combined, create_selection
from mailings.reported import BounceKind
from mailings.staff import auditing, users
from mailings.tracking.registered import create_link
from tests.audience.people import person
from tests.consent.waiting import a_mailing
from tests.sending.fit import FROM
from tests.web.desk.listed import message, more, sent
from tests.web.desk.sent_in import in_every_state
from web.desk.letter_content import WORD

HTML = '<p>Hei [[ customer.firstname ]]</p><a href="https://fjord.test/høst">Høst</a><a href="[[ link.butikk ]]">Butikk</a>'
TOLD = {"subject": "Høsten er her", "preheader": "Tre ting", "html": HTML, "text": "Hei Åse", "sender": FROM}


def full(db: Database) -> dict[str, list[str]]:
    """Fill the database; what stands in addresses for each part of a route's path, with some of each kind."""
    sent_id = sent(db)
    more(db, sent_id)
    with db.writing() as session:
        session.get_one(Mailing, sent_id).preheader = "Tre ting"
        names = ["høst-nytt", *_mailings(session), _asked(session)]
        whom = _people(session)
        groups = _groups(session)
        _staff(session)
        for name, url in (("butikk", "https://fjord.test/butikk"), ("gammel", "https://ijssel.test/")):
            create_link(session, name, url, "åse")
        _linked(session, sent_id)
        in_every_state(session)
    return {"name": names, "number": sorted({*whom, *groups, "1", "2"})}


def _mailings(session: Session) -> list[str]:
    names = []
    for status in MailingStatus:
        mailing = a_mailing(session, f"nå-{status}".replace("å", "a"), status=status, created_by="åse", **TOLD)
        mailing.held_reason = "The server says 554." if status is MailingStatus.PAUSED else None
        for state, facts in (("sent", {}), ("bounced", {"bounce": BounceKind.SOFT, "code": "452 4.2.2"}), ("queued", {})):
            message(session, mailing, f"{state}@{status}.test", status=DeliveryStatus(state), **facts)
        _linked(session, mailing.id)
        names.append(mailing.name)
    kinds = {f"type-{kind}".replace("_", "-"): kind for kind in MailingType}
    return names + [_draft(session, name, kind) for name, kind in kinds.items()]


def _draft(session: Session, name: str, kind: MailingType) -> str:
    """A mailing of that type that is being written; a document as a letter in Word, whose template can be fetched."""
    written = {"more": {"document": {"template": "brev.docx"}}} if kind is MailingType.DOCUMENT else {}
    draft = a_mailing(session, name, status=MailingStatus.DRAFT, type=kind, **TOLD, **written)
    if written:
        session.add(MailingFile(mailing_id=draft.id, inline=False, name="brev.docx", content_type=WORD, data=b"PK"))
    return name


def _asked(session: Session) -> str:
    """A mailing that somebody is asked about."""
    mailing = a_mailing(session, "venter", status=MailingStatus.PAUSED, started_at=None, **TOLD)
    session.add(Recipient(mailing_id=mailing.id, address="åse@fjord.test", name="Åse Ødegård", verdict=Verdict.ELIGIBLE))
    asked = {"asked_at": clock.now(), "eligible": 1, "content_hash": "", "audience_hash": ""}
    session.add(Approval(mailing_id=mailing.id, warnings=["Ingen lenke for å melde seg av."], **asked))
    return mailing.name


def _linked(session: Session, mailing_id: int) -> None:
    session.add(TrackedLink(mailing_id=mailing_id, number=1, name="høst", url="https://fjord.test/høst"))
    session.add(TrackedLink(mailing_id=mailing_id, number=2, name=None, url="https://ijssel.test/navnløs"))
    session.add(MailingFile(mailing_id=mailing_id, inline=False, name="prisliste-ø.pdf", content_type="application/pdf", data=b"x"))


def _people(session: Session) -> list[str]:
    block_address(session, "bounced@fjord.test", "mailbox reports: 550 no such user")
    complain(session, "complained@fjord.test")
    add_topic(session, "Nyheter")
    leaving = person(session, "Bjørn Leaving", "bjorn@fjord.test")
    leaving.deleted_at = clock.now()
    return [str(leaving.id), *(str(key) for (key,) in session.query(Person.id).limit(3))]


def _groups(session: Session) -> list[str]:
    static = create_selection(session, "Kunder")
    create_selection(session, "Norge", 'country = "NO"')
    made = create_selection(session, "Begge", Combined("Kunder", Combination.EITHER, "Norge"))
    project = create_project(session, "Ås")
    used = session.query(Mailing).filter_by(name="høst-nytt").one()
    session.add(Source(mailing_id=used.id, position=1, kind=SourceKind.SELECTION, label="Kunder", selection_id=static.id))
    used.archive_project_id = project.id
    return [str(static.id), str(made.id), str(project.id)]


def _staff(session: Session) -> None:
    for name in ("désirée", "ole"):
        users.add(session, name, [str(Role.READER)], email=f"{name}@fjord.test")
        auditing.record(session, name, "pause", "mailing høst-nytt", why="ø")
