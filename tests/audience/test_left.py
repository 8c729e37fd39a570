"""Readers without a person who unsubscribed: companies' and bare addresses, on every list from then on."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings import clock
from mailings.audience.drafts import push
from mailings.audience.explain import explain
from mailings.audience.populate import populate
from mailings.clock import milliseconds, now
from mailings.db import Database
from mailings.model import AddressStanding, Delivery, Mailing, MailingStatus, Recipient, Verdict
from mailings.sending import lifecycle
from mailings.sending.rechecking import cancel_forbidden
from mailings.settings import Settings, settings
from tests.audience.people import company, folder, person, selection


def left(session: Session, normal: str) -> None:
    """The reader at this address wants no more mail."""
    session.add(AddressStanding(normal=normal, unsubscribed_at=now(), changed_at=now()))
    session.flush()


def a_list(session: Session, tmp_path: Path, **options: bool) -> Mailing:
    """A mailing to a company, one of its people with the same address, and two bare addresses; one of each kind's readers left."""
    fjord = company(session, "Fjord & Søn", "post@fjord.test")
    selection(session, "Kunder", person(session, "Åse", "post@fjord.test", company_id=fjord.id))
    imported = {"import": "a.csv", "consent": "legitimate_interest", "unknown": "keep"}
    made = folder(
        tmp_path, sources=[{"selection": "Kunder"}, imported], options={"include_companies": True, "one_per_address": False, **options}
    )
    (made / "a.csv").write_text("Désirée van der IJssel,desiree@ijssel.test\nØrjan,orjan@dal.test\n", encoding="utf-8")
    return push(session, made)


def verdicts(session: Session, mailing: Mailing) -> dict[str, str]:
    """Verdict by who it is."""
    rows = session.scalars(select(Recipient).where(Recipient.mailing_id == mailing.id))
    kinds = {True: "person"}
    return {
        f"{kinds.get(row.person_id is not None, 'company' if row.company_id else 'bare')} {row.address}": row.verdict.value for row in rows
    }


@pytest.mark.parametrize("consent_filter", ["true", "false"])
def test_it_binds_addresses_without_a_person(
    any_db: Database, tmp_path: Path, consent_filter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A company and a bare address whose readers left are not written to, consent filter or not; the person at the address is."""
    monkeypatch.setenv("MAILINGS_CONSENT_FILTER", consent_filter)
    settings.cache_clear()
    with clock.standing_at(now()), any_db.writing() as session:
        mailing = a_list(session, tmp_path)
        for normal in ("post@fjord.test", "desiree@ijssel.test"):
            left(session, normal)
        populate(session, mailing, launch=False)
        assert verdicts(session, mailing) == {
            "person post@fjord.test": "eligible",
            "company post@fjord.test": "no_consent",
            "bare desiree@ijssel.test": "no_consent",
            "bare orjan@dal.test": "eligible",
        }
        told = [one.summary for text in ("post@fjord.test", "desiree@ijssel.test") for one in explain(session, mailing, text)]
        today = f"{now():%Y-%m-%d}"
        assert (
            f"Désirée van der IJssel does not get autumn: there is no consent to mailings "
            f"(the reader at desiree@ijssel.test unsubscribed on {today})." in told
        )
        assert [one for one in told if one.startswith("Fjord & Søn does not get autumn") and "unsubscribed" in one]
        assert "Åse gets autumn." in told


def test_an_override_lifts_it(any_db: Database, tmp_path: Path) -> None:
    """A recall goes to them too, and says that it was overridden (C.6)."""
    with any_db.writing() as session:
        mailing = a_list(session, tmp_path, override_consent=True)
        left(session, "desiree@ijssel.test")
        populate(session, mailing, launch=False)
        row = session.scalars(select(Recipient).where(Recipient.address == "desiree@ijssel.test")).one()
        assert (row.verdict, row.overridden) == (Verdict.ELIGIBLE, True)


@pytest.mark.parametrize(("override", "cancelled"), [(False, 2), (True, 0)])
def test_while_a_message_waits(any_db: Database, tmp_path: Path, *, override: bool, cancelled: int) -> None:
    """Who left while a message waited to be tried again does not get it; the person at the same address does."""
    with any_db.writing() as session:
        mailing = a_list(session, tmp_path, override_consent=override)
        populate(session, mailing, launch=False)
        mailing.status = MailingStatus.SENDING
        for recipient in session.scalars(select(Recipient).where(Recipient.mailing_id == mailing.id)).all():
            session.add(Delivery(mailing_id=mailing.id, recipient_id=recipient.id, next_attempt_at=clock.now()))
        for normal in ("post@fjord.test", "desiree@ijssel.test"):
            left(session, normal)
        assert cancel_forbidden(session, mailing.id, milliseconds() + 1000, Settings()) == cancelled


def test_in_the_last_moment(any_db: Database, tmp_path: Path) -> None:
    """Who left between the list being made and the first delivery being queued gets none."""
    with any_db.writing() as session:
        mailing = a_list(session, tmp_path)
        populate(session, mailing, launch=False)
        left(session, "desiree@ijssel.test")
        mailing.status = MailingStatus.POPULATING
        assert lifecycle.begin_sending(session, mailing) == 3
        assert verdicts(session, mailing)["bare desiree@ijssel.test"] == "no_consent"
