"""A list reloaded from its sources: newcomers, changed addresses, verdicts decided anew, and everybody served just as they were."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.clock import now
from mailings.consent.giving import give
from mailings.consent.standing import block_address
from mailings.db import Database
from mailings.model import (
    Basis,
    Delivery,
    ImportedRow,
    Mailing,
    MailingStatus,
    Recipient,
    Selection,
    SelectionMember,
    Source,
    SourceKind,
    Verdict,
)  # fmt: skip
from mailings.sending.books import books_of
from tests.audience.people import person
from tests.sending import world
from tests.sending.again import again, finish, lines, move, of, sent


def join(session: Session, name: str, email: str, **facts: object) -> None:
    """Somebody new in the selection Kunder."""
    made = person(session, name, email, **facts)
    kunder = session.scalars(select(Selection.id).where(Selection.name == "Kunder")).one()
    session.add(SelectionMember(selection_id=kunder, person_id=made.id))
    session.flush()


def leave(session: Session, number: int) -> None:
    """The person is in the selection no more."""
    session.query(SelectionMember).filter_by(person_id=of(session, number)[0].id).delete()


def listed(db: Database) -> dict[str | None, str]:
    """Address -> verdict, of the whole list."""
    with db.reading() as session:
        return {address: verdict.value for address, verdict in session.execute(select(Recipient.address, Recipient.verdict))}


def test_only_those_who_have_not_received_it(any_db: Database) -> None:
    """Sent, delivered, in doubt, queued and in hand are left alone; failed, bounced, cancelled and newcomers get a message (G.6)."""
    ends = ("sent", "delivered", "in_doubt", "failed", "bounced", "cancelled", "queued", "sending")
    mailing_id = sent(any_db, *ends)
    with any_db.writing() as session:
        join(session, "Désirée van der IJssel", "desiree@fjord.test")
    came = again(any_db, reload=True)
    assert (came.queued, came.again, came.status) == (4, 3, MailingStatus.SENDING)
    assert came.sentence == "høst-nytt: 4 to be sent, 3 once more, 1 for the first time."
    new = [("p3", "queued", "failed"), ("p4", "queued", "bounced"), ("p5", "queued", "cancelled"), ("desiree", "queued", None)]
    assert lines(any_db)[len(ends) :] == new
    with any_db.reading() as session:
        books = books_of(session, mailing_id)
    assert (books.total, books.balanced) == (9, True)


def test_reloading_again_changes_nothing(any_db: Database) -> None:
    """A second reload finds everybody served or queued."""
    sent(any_db, "failed", "sent")
    assert again(any_db, reload=True).queued == 1
    before = lines(any_db)
    assert again(any_db, reload=True).queued == 0
    finish(any_db)
    assert again(any_db, reload=True).queued == 0
    assert [where for where, _, _ in lines(any_db)] == [where for where, _, _ in before]


def test_addresses_changed_since(any_db: Database) -> None:
    """Who has not received it is written to at the new address, the earlier attempt keeps the old one; who has received it keeps theirs."""
    sent(any_db, "bounced", "sent")
    with any_db.writing() as session:
        move(session, 0, "åse.ny@fjord.test")
        move(session, 1, "annet@fjord.test")
    assert again(any_db, reload=True).queued == 1
    assert lines(any_db) == [("p0", "bounced", None), ("p1", "sent", None), ("åse.ny", "queued", "bounced")]


def test_who_is_named_no_more(any_db: Database) -> None:
    """Out of the sources: those with a message keep their row and get no other one; those never tried go."""
    mailing_id = sent(any_db, "sent", "failed", "sent", "failed")
    with any_db.writing() as session:
        untried = of(session, 2)[1]
        session.query(Delivery).filter_by(recipient_id=untried.id).delete()
        untried.verdict = Verdict.NO_CONSENT
        for number in (0, 1, 2):
            leave(session, number)
    assert again(any_db, reload=True).queued == 1
    assert sorted(str(address).partition("@")[0] for address in listed(any_db)) == ["p0", "p1", "p3"]
    with any_db.reading() as session:
        books = books_of(session, mailing_id)
    told = {status: n for status, n in books.deliveries.items() if n}
    assert (told, books.balanced) == ({"sent": 1, "failed": 1, "queued": 1}, True)


def test_verdicts_of_those_not_served(any_db: Database) -> None:
    """Blocked since: excluded, with its reason. Consent given since: eligible. What is known of somebody served changes nothing."""
    mailing_id = sent(any_db, "failed", "sent", "sent")
    with any_db.writing() as session:
        left_out, row = of(session, 2)
        session.query(Delivery).filter_by(recipient_id=row.id).delete()
        row.verdict = Verdict.NO_CONSENT
        give(session, left_out.id, Basis.CONSENT, "User")
        for number in (0, 1):
            block_address(session, of(session, number)[1].address, "a person did")
    came = again(any_db, reload=True)
    assert (came.queued, came.again) == (1, 0)
    verdicts = {str(address).partition("@")[0]: verdict for address, verdict in listed(any_db).items()}
    assert verdicts == {"p0": "blocked_address", "p1": "eligible", "p2": "eligible"}
    with any_db.reading() as session:
        assert books_of(session, mailing_id).balanced


def test_a_newcomer_at_an_address_that_was_served(any_db: Database) -> None:
    """One message per address: a newcomer is a duplicate of whoever was served there, even where that one comes later in the sources."""
    sent(any_db, "sent", "failed")
    with any_db.writing() as session:
        served, tried = of(session, 0)[1].address, of(session, 1)[1].address
        join(session, "Ørjan", served)
        join(session, "Bjørg", tried)
    assert again(any_db, reload=True).queued == 1
    with any_db.reading() as session:
        rows = session.execute(select(Recipient.address, Recipient.verdict).order_by(Recipient.id)).all()
    assert [(address == served, verdict.value) for address, verdict in rows] == [
        (True, "eligible"), (False, "eligible"), (True, "duplicate"), (False, "duplicate"),
    ]  # fmt: skip


def test_two_at_one_address_where_each_gets_one(any_db: Database) -> None:
    """Without one message per address a newcomer gets theirs although somebody else was served at the address."""
    sent(any_db, "sent", one_per_address=False)
    with any_db.writing() as session:
        join(session, "Ørjan", of(session, 0)[1].address)
    assert again(any_db, reload=True).queued == 1


def test_an_imported_row_who_became_a_person(any_db: Database) -> None:
    """Served as a bare address, imported into the database since: the person is who was served, and gets nothing twice."""
    mailing_id = world.mailing(any_db, status=MailingStatus.SENT, one_per_address=False)
    with any_db.writing() as session:
        source = Source(mailing_id=mailing_id, position=1, kind=SourceKind.IMPORT, label="folk.csv", keep_unknown=True)
        source.basis = Basis.CONSENT
        session.add(source)
        session.flush()
        for number in (1, 2):
            address = f"ase{number}@fjord.test"
            session.add(ImportedRow(source_id=source.id, row=number, name=f"Åse {number}", normal=address))
            recipient = Recipient(mailing_id=mailing_id, source_id=source.id, name=f"Åse {number}", address=address)
            session.add(recipient)
            session.flush()
            session.add(Delivery(mailing_id=mailing_id, recipient_id=recipient.id, status="sent" if number == 1 else "failed"))
        session.get_one(Mailing, mailing_id).started_at = now()
        person(session, "Åse Ødegård", "ase1@fjord.test")
    assert again(any_db, reload=True).queued == 1
    assert lines(any_db)[-1] == ("ase2", "queued", "failed")
