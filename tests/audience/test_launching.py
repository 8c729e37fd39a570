"""Imported rows, drafts that follow their sources, and what a launch freezes."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.audience.drafts import push
from mailings.audience.populate import counts, populate
from mailings.clock import now
from mailings.consent.standing import block_address
from mailings.consent.withdrawing import withdraw
from mailings.db import Database
from mailings.model import (
    Address,
    MailingStatus,
    Person,
    Recipient,
    SelectionMember,
    Verdict,
)
from tests.audience.people import company, folder, person, selection
from tests.audience.populated import LINKED, verdicts


def imported(session: Session, path: Path, **keys: object) -> dict[str, str]:
    """Populate from a list that names a known person (by a second address), two unknown rows with one address, a deleted person."""
    ase = person(session, "Åse", "ase@x.test")
    ase.addresses.append(Address(rank=2, written="Ase@old.test", normal="ase@old.test", valid=True))
    person(session, "Slettet", "slettet@x.test", deleted_at=now())
    person(session, "Unasked", "unasked@x.test", None)
    made = folder(path, sources=[{"import": "a.csv", **keys}])
    rows = [",ASE@old.test,", "Ünal,unal@x.test,", "En til,UNAL@x.test,", ",slettet@x.test,", ",unasked@x.test,", " , , 99887766"]
    (made / "a.csv").write_text("\n".join(["navn,e-post,mobil", *rows, ""]), encoding="utf-8")
    mailing = push(session, made)
    populate(session, mailing, launch=False)
    return verdicts(session, mailing)


def test_imported_rows_that_are_kept(any_db: Database, tmp_path: Path) -> None:
    """A row whose address somebody has IS that person, whose own consent decides; others stay bare on the declared basis, once an address.

    Somebody deleted does not come back this way, and a row with a mobile number only is dropped (test vector k).
    """
    with any_db.writing() as session:
        found = imported(session, tmp_path, consent="legitimate_interest", unknown="keep")
        assert found == {"Åse": "eligible", "Ünal": "eligible", "Unasked": "no_consent"}
        assert (
            session.scalar(select(Recipient.address).join(Person, Person.id == Recipient.person_id).where(Person.name == "Åse"))
            == "ase@x.test"
        )


def test_imported_rows_that_are_skipped(any_db: Database, tmp_path: Path) -> None:
    """With skip only people of the database become recipients (D1)."""
    with any_db.writing() as session:
        assert imported(session, tmp_path, unknown="skip") == {"Åse": "eligible", "Unasked": "no_consent"}


def test_a_bare_address_can_be_blocked_or_a_duplicate(any_db: Database, tmp_path: Path) -> None:
    """What is known of an address holds for imported rows too, and a company's address makes a later row a duplicate."""
    with any_db.writing() as session:
        fjord = company(session, "Fjord AS", "post@fjord.test")
        selection(session, "Kunder", person(session, "Åse", company_id=fjord.id))
        block_address(session, "blocked@x.test", "unknown user")
        sources = [{"selection": "Kunder"}, {"import": "a.csv", "consent": "consent"}]
        made = folder(tmp_path, sources=sources, options={"include_companies": True})
        (made / "a.csv").write_text("Blokkert,blocked@x.test\nPost,post@fjord.test\n", encoding="utf-8")
        mailing = push(session, made)
        populate(session, mailing, launch=False)
        expected = {"Åse": "eligible", "Fjord AS": "eligible", "Blokkert": "blocked_address", "Post": "duplicate"}
        assert verdicts(session, mailing) == expected


def test_a_draft_follows_its_sources(any_db: Database, tmp_path: Path) -> None:
    """Each time a draft is populated its sources are expanded anew: people come, go and change, and rows that stay keep their key (D28)."""
    with any_db.writing() as session:
        stays, goes, comes = (person(session, name) for name in ("Stays", "Goes", "Comes"))
        chosen = selection(session, "Kunder", stays, goes)
        mailing = push(session, folder(tmp_path, **LINKED))
        assert populate(session, mailing, launch=False) == {Verdict.ELIGIBLE: 2}
        key = session.scalar(select(Recipient.id).where(Recipient.person_id == stays.id))
        session.execute(SelectionMember.__table__.delete().where(SelectionMember.person_id == goes.id))
        session.add(SelectionMember(selection_id=chosen.id, person_id=comes.id))
        withdraw(session, stays.id, "User")
        session.flush()
        populate(session, mailing, launch=False)
        assert verdicts(session, mailing) == {"Stays": "no_consent", "Comes": "eligible"}
        assert session.scalar(select(Recipient.id).where(Recipient.person_id == stays.id)) == key
        assert (counts(session, mailing)[Verdict.ELIGIBLE], mailing.status) == (1, MailingStatus.DRAFT)


@pytest.mark.parametrize("update", [True, False])
def test_launch(any_db: Database, tmp_path: Path, *, update: bool) -> None:
    """At launch sources are expanded again only with update_when_sending; verdicts are decided anew either way (D28)."""
    with any_db.writing() as session:
        stays, comes = person(session, "Stays"), person(session, "Comes")
        chosen = selection(session, "Kunder", stays)
        mailing = push(session, folder(tmp_path, **LINKED, options={"update_when_sending": update}))
        populate(session, mailing, launch=False)
        session.add(SelectionMember(selection_id=chosen.id, person_id=comes.id))
        withdraw(session, stays.id, "User")
        mailing.status = MailingStatus.POPULATING
        populate(session, mailing, launch=True)
        assert verdicts(session, mailing) == {"Stays": "no_consent"} | ({"Comes": "eligible"} if update else {})


def test_a_list_never_made_is_made_at_launch(db: Database, tmp_path: Path) -> None:
    """Without update_when_sending too, when nobody looked at the draft before."""
    with db.writing() as session:
        selection(session, "Kunder", person(session, "Åse"))
        mailing = push(session, folder(tmp_path, **LINKED, options={"update_when_sending": False}))
        mailing.status = MailingStatus.POPULATING
        assert populate(session, mailing, launch=True) == {Verdict.ELIGIBLE: 1}


@pytest.mark.parametrize("status", [MailingStatus.SENDING, MailingStatus.PAUSED, MailingStatus.SENT, MailingStatus.CANCELLED])
def test_a_started_list_is_frozen(db: Database, tmp_path: Path, status: MailingStatus) -> None:
    """Once a mailing has started nothing here changes who is on it."""
    with db.writing() as session:
        ase = person(session, "Åse")
        selection(session, "Kunder", ase)
        mailing = push(session, folder(tmp_path, **LINKED))
        populate(session, mailing, launch=False)
        mailing.status, ase.retired = status, True
        session.flush()
        assert populate(session, mailing, launch=True) == {Verdict.ELIGIBLE: 1}


def test_erased_rows_stay(db: Database, tmp_path: Path) -> None:
    """What is left of an erased person stays on the list and in the counts (D30)."""
    with db.writing() as session:
        selection(session, "Kunder", person(session, "Åse"))
        mailing = push(session, folder(tmp_path, **LINKED))
        populate(session, mailing, launch=False)
        session.add(Recipient(mailing_id=mailing.id, verdict=Verdict.ERASED, erased_at=now()))
        session.flush()
        for launch in (False, True):
            assert populate(session, mailing, launch=launch) == {Verdict.ELIGIBLE: 1, Verdict.ERASED: 1}


def test_nobody_at_all(any_db: Database, tmp_path: Path) -> None:
    """A mailing without sources has an empty list."""
    with any_db.writing() as session:
        mailing = push(session, folder(tmp_path))
        assert populate(session, mailing, launch=False) == {}
        assert counts(session, mailing) == {}
        assert session.scalar(select(func.count(Recipient.id))) == 0
