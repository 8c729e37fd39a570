"""Erasing leaves figures and no trace of the person (domain.md D30)."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from mailings import clock
from mailings.consent.standing import block_address
from mailings.consent.withdrawing import opt_out, withdraw
from mailings.db import Database
from mailings.model import (
    AddressStanding,
    Base,
    Company,
    Delivery,
    DeliveryNote,
    DeliveryStatus,
    Event,
    Evidence,
    ImportedRow,
    Interest,
    MailingStatus,
    Person,
    PersonInterest,
    Project,
    ProjectMember,
    Recipient,
    Selection,
    SelectionKind,
    SelectionMember,
    Source,
    SourceKind,
    Verdict,
)
from mailings.people.erasing import erase
from mailings.people.showing import show
from mailings.reported import EventKind
from mailings.sending.books import books_of
from tests.consent.waiting import a_mailing, a_person, a_topic, queue, statuses


def _everything(session: Session) -> str:
    """Every cell of every table."""
    rows = [session.execute(text(f'SELECT * FROM "{name}"')).all() for name in Base.metadata.tables]
    return repr(rows).lower()


def _known_everywhere(session: Session) -> Person:
    """A person of whom every room holds something."""
    company = Company(name="Fjord AS", created_at=clock.now())
    session.add(company)
    session.flush()
    person = a_person(
        session, "ase@uniq.test", "ase2@uniq.test", name="Åse Uniqueson", mobile="99887766", mobile_normal="+4799887766", note="uniq"
    )
    person.company_id, company.primary_contact_id = company.id, person.id
    selection = Selection(name="S", kind=SelectionKind.STATIC, created_at=clock.now())
    project, interest = Project(name="P", created_at=clock.now()), Interest(name="Ski")
    session.add_all([selection, project, interest])
    session.flush()
    session.add_all(
        [
            SelectionMember(selection_id=selection.id, person_id=person.id),
            ProjectMember(project_id=project.id, person_id=person.id),
            PersonInterest(person_id=person.id, interest_id=interest.id),
            AddressStanding(normal="ase2@uniq.test", bounces=2, last_bounce_reason="550 <ase2@uniq.test> unknown"),
        ]
    )
    opt_out(session, person.id, a_topic(session).id, "User")
    return person


def test_nothing_names_the_person_any_more(any_db: Database) -> None:
    """After erasing no cell of any table holds the name, an address or the number; what was sent is still counted."""
    with any_db.writing() as session:
        person, other = _known_everywhere(session), a_person(session, "bo@x.test", name="Bo")
        sent, under_way = a_mailing(session, "sent", status=MailingStatus.SENT), a_mailing(session, "under way")
        gone, failed = queue(session, sent, person, DeliveryStatus.SENT), queue(session, sent, "ase2@uniq.test", DeliveryStatus.FAILED)
        failed.reason, failed.code, gone.provider_id = "550 <ase2@uniq.test> unknown", "550", "uniq-17"
        session.add(DeliveryNote(delivery_id=failed.id, at=clock.now(), what="failed", why="550 <ase2@uniq.test> unknown"))
        said = "550 <ase2@uniq.test> unknown"
        session.add(Evidence(delivery_id=failed.id, at=clock.now(), verdict=DeliveryStatus.BOUNCED, source="delivery report", said=said))
        waits, stays = queue(session, under_way, person), queue(session, under_way, other)
        trial = Delivery(mailing_id=under_way.id, test=True, address="ase@uniq.test", status=DeliveryStatus.SENT)
        source = Source(mailing_id=under_way.id, position=1, kind=SourceKind.PERSON, label="ase@uniq.test", person_id=person.id)
        session.add_all([trial, source])
        session.flush()
        session.add(ImportedRow(source_id=source.id, row=2, name="Åse Uniqueson", written="Ase@Uniq.test", normal="ase@uniq.test"))
        session.flush()
        before = {mailing.name: books_of(session, mailing.id) for mailing in (sent, under_way)}
        assert "uniq" in _everything(session)

        done = erase(session, person.id)

        assert (done.recipients, done.cancelled) == (3, 1)
        left = _everything(session)
        assert not [word for word in ("uniq", "åse", "99887766") if word in left]
        assert statuses(session, gone, failed, waits, stays, trial) == ["sent", "failed", "cancelled", "queued", "sent"]
        assert (failed.code, waits.reason) == ("550", "The person was erased.")
        after = {mailing.name: books_of(session, mailing.id) for mailing in (sent, under_way)}
        assert after["sent"] == before["sent"]
        assert (after["under way"].total, after["under way"].balanced) == (2, True)
        assert after["under way"].excluded == {"erased": 1}


def test_addresses_they_used_to_have(any_db: Database) -> None:
    """An address that was corrected or deleted goes too, with all that servers said of it; one that somebody else has now stays theirs."""
    with any_db.writing() as session:
        person = a_person(session, "uniq-ny@fjord.test")
        mailing = a_mailing(session, "høst", status=MailingStatus.SENT)
        sent = queue(session, mailing, person, DeliveryStatus.BOUNCED)
        recipient = session.get_one(Recipient, sent.recipient_id)
        recipient.address, sent.address, sent.reason = "uniq-gml@fjord.test", "uniq-eldre@fjord.test", "550 <uniq-gml@fjord.test>"
        passed_on = queue(session, a_mailing(session, "vår", status=MailingStatus.SENT), person, DeliveryStatus.BOUNCED)
        session.get_one(Recipient, passed_on.recipient_id).address = "post@fjord.test"
        heir = a_person(session, "post@fjord.test", name="Désirée")
        theirs = queue(session, mailing, heir, DeliveryStatus.SENT)
        at = {"at": clock.now(), "received_at": clock.now(), "kind": EventKind.BOUNCED, "source": "mailbox"}
        told = Event(**at, delivery_id=sent.id, mailing_id=mailing.id, address="uniq-meldt@fjord.test", reason="550 uniq")
        stray = Event(**at, address="uniq-gml@fjord.test", reason="550 uniq")
        kept = Event(**at, delivery_id=theirs.id, mailing_id=mailing.id, address="post@fjord.test", reason="450 full")
        session.add_all([told, stray, kept])
        for normal in ("uniq-gml@fjord.test", "uniq-eldre@fjord.test", "uniq-meldt@fjord.test", "post@fjord.test"):
            block_address(session, normal, f"550 <{normal}> unknown")
        session.flush()
        erase(session, person.id)
        assert "uniq" not in _everything(session)
        assert session.scalars(select(AddressStanding.normal)).all() == ["post@fjord.test"]
        assert (kept.address, kept.reason) == ("post@fjord.test", "450 full")
        assert session.get_one(Recipient, theirs.recipient_id).address == "post@fjord.test"


def test_verdicts_of_the_erased(any_db: Database) -> None:
    """Not yet sent becomes `erased`; sent, in doubt and what finished mailings say stays as it was."""
    with any_db.writing() as session:
        person = a_person(session, "ase@x.test")
        states = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.IN_DOUBT)
        rows = [queue(session, a_mailing(session, f"m{status}"), person, status).recipient_id for status in states]
        finished = a_mailing(session, "finished", status=MailingStatus.SENT)
        refused = Recipient(mailing_id=finished.id, person_id=person.id, verdict=Verdict.NO_CONSENT)
        session.add(refused)
        session.flush()
        erase(session, person.id)
        verdicts = [session.get_one(Recipient, row).verdict for row in rows]
        assert verdicts == [Verdict.ERASED, Verdict.ELIGIBLE, Verdict.ELIGIBLE, Verdict.ELIGIBLE]
        assert (refused.verdict, refused.erased_at is not None) == (Verdict.NO_CONSENT, True)


def test_others_keep_theirs(any_db: Database) -> None:
    """Somebody who shares the address keeps it, its standing, and their own messages and consents."""
    with any_db.writing() as session:
        person, sharing = a_person(session, "post@x.test"), a_person(session, "post@x.test", name="Bo")
        block_address(session, "post@x.test", "by hand")
        withdraw(session, sharing.id, "User")
        waits = queue(session, a_mailing(session, "a"), sharing)
        erase(session, person.id)
        assert statuses(session, waits) == ["queued"]
        assert session.scalars(select(AddressStanding.normal)).all() == ["post@x.test"]
        assert [address.normal for address in session.get_one(Person, sharing.id).addresses] == ["post@x.test"]


def test_a_shared_address(any_db: Database) -> None:
    """Reports of messages to somebody else at the address stay theirs, unblanked; those of the address alone go."""
    with any_db.writing() as session:
        person, sharing = a_person(session, "post@x.test"), a_person(session, "post@x.test", name="Bo")
        theirs = queue(session, a_mailing(session, "a"), sharing, DeliveryStatus.SENT)
        said = {"address": "post@x.test", "reason": "550 ukjent", "original": {"event": "bounce"}}
        at = {"at": clock.now(), "received_at": clock.now(), "kind": EventKind.BOUNCED, "source": "sendgrid"}
        kept, gone = Event(**at, **said, delivery_id=theirs.id, mailing_id=theirs.mailing_id), Event(**at, **said)
        session.add_all([kept, gone])
        session.flush()
        assert [len(show(session, one)["reports"]) for one in (person, sharing)] == [1, 2]
        erase(session, person.id)
        assert (kept.address, kept.reason, kept.original) == ("post@x.test", "550 ukjent", {"event": "bounce"})
        assert (gone.address, gone.reason, gone.original) == (None, None, None)


def test_every_table_that_points_at_people_is_thought_of() -> None:
    """A new table with a person in it must say what becomes of it when the person is erased: cascade, or a line in erasing.py."""
    pointing = {
        (table.name, key.ondelete)
        for table in Base.metadata.tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.target_fullname == "person.id"
    }
    kept = {("recipient", None), ("source", "SET NULL"), ("sale", "SET NULL"), ("submission", "SET NULL")}  # nobody's any more
    assert {name for name, rule in pointing - kept if rule != "CASCADE"} == set()
    assert ("address", "CASCADE") in pointing
