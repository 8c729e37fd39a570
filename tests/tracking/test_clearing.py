"""What people do about bounces: allow again, delete, former employee; and the lists they do it from (domain.md I)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update

from mailings import clock
from mailings.consent.standing import block_address
from mailings.db import Database
from mailings.model import Address, AddressStanding, Basis, Company, Delivery, DeliveryStatus, Person, Recipient
from mailings.reported import BounceWhy
from mailings.tracking.bounced import bounced_of
from mailings.tracking.clearing import Cleared, clear_bounces, delete_addresses, make_former_employees
from mailings.tracking.stopped import Asked, Stopped, behind, page_of
from tests.audience.people import person
from tests.tracking.told import B, K, delivery, heard, out, said, standing

NINA = "nina@fjord.test"


def written_to(db: Database, *numbers: int, email: str = NINA) -> int:
    """The deliveries are Désirée's, who has this address and works at Fjord AS; her number."""
    with db.writing() as session:
        desiree = session.scalars(select(Person).join(Address).where(Address.normal == email)).first()
        if desiree is None:
            desiree = person(session, "Désirée van der IJssel", email, Basis.CONSENT)
            fjord = Company(name="Fjord AS", created_at=clock.now())
            session.add(fjord)
            session.flush()
            desiree.company_id = fjord.id
            session.flush()
        theirs = select(Delivery.recipient_id).where(Delivery.id.in_(numbers))
        session.execute(update(Recipient).where(Recipient.id.in_(theirs)).values(person_id=desiree.id, address=email, name=None))
        return desiree.id


def bounced(db: Database, number: int, minute: float = 1, kind: B = B.HARD) -> None:
    """It came back."""
    heard(db, said(db, number, K.BOUNCED, minute, bounce=kind, bounce_why=BounceWhy.MAILBOX, code="550 5.1.1", reason="550 ukjent"))


def test_clear(any_db: Database) -> None:
    """The address may be written to again, its bounces are dealt with, and what bounced before does not come back to count."""
    (first,), (second,) = out(any_db, name="brev"), out(any_db, name="ark")
    written_to(any_db, first, second)
    bounced(any_db, first, kind=B.INVALID)
    with clock.standing_at(clock.now() + timedelta(minutes=1)), any_db.writing() as session:
        assert clear_bounces(session, [NINA, "ingen@fjord.test"]) == Cleared(1, 1)
    held = standing(any_db, NINA)
    assert held is not None
    assert (held.blocked_at, held.bounces) == (None, 0)
    assert delivery(any_db, first).cleaned_at is not None
    bounced(any_db, second, 2)
    held = standing(any_db, NINA)
    assert held is not None
    assert held.bounces == 0


def test_delete(any_db: Database) -> None:
    """The address is gone from people and companies, the person stays, nothing queued goes there; how it stood is still known."""
    (first,), (waiting,) = out(any_db, name="brev"), out(any_db, name="ark", status="queued")
    number = written_to(any_db, first, waiting)
    with any_db.writing() as session:
        session.add(Company(name="Øst AS", email="Nina@Fjord.test", email_normal=NINA, email_valid=True, created_at=clock.now()))
    bounced(any_db, first)
    with any_db.writing() as session:
        assert delete_addresses(session, [NINA], "kari") == Cleared(1, 1, 1)
    with any_db.reading() as session:
        assert session.scalars(select(Address).where(Address.normal == NINA)).all() == []
        assert session.scalars(select(Company.email_normal).where(Company.name == "Øst AS")).one() is None
        assert session.get_one(Person, number).name == "Désirée van der IJssel"
    stopped = delivery(any_db, waiting)
    assert (stopped.status, stopped.reason) == (DeliveryStatus.CANCELLED, "The address was deleted.")
    held = standing(any_db, NINA)
    assert held is not None
    assert held.bounces == 1


def test_former_employees(any_db: Database) -> None:
    """Who left is retired at once: what is queued is cancelled, bounces are dealt with; saying it twice changes nothing."""
    (first,), (waiting,) = out(any_db, name="brev"), out(any_db, name="ark", status="queued")
    number = written_to(any_db, first, waiting)
    bounced(any_db, first)
    with any_db.writing() as session:
        assert make_former_employees(session, [number], "kari") == Cleared(1, 1, 1)
        assert make_former_employees(session, [number], "kari") == Cleared(0, 0, 0)
    with any_db.reading() as session:
        assert session.get_one(Person, number).retired
    assert delivery(any_db, waiting).reason == "The person does not work there any more."


def test_blocked_addresses(any_db: Database) -> None:
    """Who is blocked, by a person or by bounces in a row, with whose address it is and why; page by page, nobody twice."""
    (first,) = out(any_db, name="brev")
    written_to(any_db, first)
    bounced(any_db, first)
    with any_db.writing() as session:
        for n in range(5):
            block_address(session, f"p{n}@fjord.test", "asked by telephone")
        session.add(AddressStanding(normal="under@fjord.test", bounces=4))
        session.execute(update(AddressStanding).where(AddressStanding.normal == NINA).values(bounces=5))
    pages: list[list[Stopped]] = []
    with any_db.reading() as session:
        while not pages or pages[-1]:
            pages.append(behind(session, Asked(5), pages[-1][-1].address if pages else "", 2))
    found = [one for page in pages for one in page]
    assert [one.address for one in found] == [NINA, *(f"p{n}@fjord.test" for n in range(5))]
    assert (found[0].name, found[0].company, found[0].why, found[0].reason) == (
        "Désirée van der IJssel", "Fjord AS", BounceWhy.MAILBOX, "550 ukjent",
    )  # fmt: skip
    assert (found[1].person_id, found[1].blocked_why) == (None, "asked by telephone")


def test_complaints_listed(any_db: Database) -> None:
    """Who complained, over all mailings."""
    first, second = out(any_db, 2)
    written_to(any_db, first)
    heard(any_db, said(any_db, first, K.COMPLAINED), said(any_db, second, K.COMPLAINED))
    with any_db.reading() as session:
        assert [(one.address, one.name) for one in behind(session, Asked(5, complained=True))] == [
            (NINA, "Désirée van der IJssel"), ("åse-0001@fjord.test", ""),
        ]  # fmt: skip
        assert behind(session, Asked(5, complained=True), "åse-0001@fjord.test") == []


def test_bounces_of_a_mailing(any_db: Database) -> None:
    """What came back of one mailing, whose it was and why, page by page; what was dealt with says so; others' and tests are not listed."""
    numbers = out(any_db, 4)
    (other,) = out(any_db, name="ark")
    written_to(any_db, numbers[0])
    with any_db.writing() as session:
        session.execute(update(Delivery).where(Delivery.id == numbers[3]).values(test=True))
    for one in (*numbers, other):
        bounced(any_db, one)
    mailing_id = delivery(any_db, numbers[0]).mailing_id
    with any_db.writing() as session:
        clear_bounces(session, [NINA])
        found = bounced_of(session, mailing_id, 0, 2)
        assert [one.delivery for one in found] == numbers[:2]
        assert [one.delivery for one in bounced_of(session, mailing_id, numbers[1])] == numbers[2:3]
        assert session.scalar(select(func.count()).select_from(Delivery).where(Delivery.cleaned_at.is_not(None))) == 1
    assert [(one.type, one.name, one.company, one.kind, one.why, one.cleaned) for one in found] == [
        ("person", "Désirée van der IJssel", "Fjord AS", B.HARD, BounceWhy.MAILBOX, True),
        ("address", "Åse Ødegård 1", "", B.HARD, BounceWhy.MAILBOX, False),
    ]


def test_found_as_it_is_shown(any_db: Database) -> None:
    """An address is found by its domain as people write it, which is how it is shown, and as the DNS has it."""
    with any_db.writing() as session:
        block_address(session, "gro@xn--blbr-roah.test", "by hand")
        for text in ("gro@blåbær.test", " GRO@Blåbær.test ", "gro@xn--bl", "gro"):
            rows, total = page_of(session, Asked(5, search=text), 1)
            assert ([row.address for row in rows], total) == (["gro@xn--blbr-roah.test"], 1), text
