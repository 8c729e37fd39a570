"""Sources become recipients, and the rules of domain.md C.5 keep the right ones back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailings.audience.drafts import push
from mailings.audience.populate import counts, eligible_count, populate
from mailings.clock import now
from mailings.consent.standing import block_address, complain
from mailings.consent.withdrawing import opt_out, withdraw
from mailings.db import Database
from mailings.model import (
    Address,
    AddressStanding,
    Basis,
    Company,
    Mailing,
    MailingStatus,
    OptOut,
    Person,
    Recipient,
    SelectionMember,
    Source,
    Verdict,
)
from mailings.settings import settings
from tests.audience.people import company, folder, person, project, selection, topic


def verdicts(session: Session, mailing: Mailing) -> dict[str, str]:
    """name (of person, company or bare row) -> verdict, with ! where overridden."""
    rows = select(Person.name, Company.name, Recipient.name, Recipient.address, Recipient.verdict, Recipient.overridden)
    rows = rows.outerjoin(Person, Person.id == Recipient.person_id).outerjoin(Company, Company.id == Recipient.company_id)
    found = session.execute(rows.where(Recipient.mailing_id == mailing.id))
    return {p or c or n or a: verdict.value + "!" * overridden for p, c, n, a, verdict, overridden in found}


def populated(session: Session, path: Path, **keys: object) -> dict[str, str]:
    """Push a folder with these keys and populate it; what `verdicts` says."""
    mailing = push(session, folder(path, **keys))
    populate(session, mailing, launch=False)
    return verdicts(session, mailing)


def test_vector_a_selection_and_project(any_db: Database, tmp_path: Path) -> None:
    """Linking a project adds its people; linking a selection too adds the selection's people only (test vector a)."""
    with any_db.writing() as session:
        p1, p2, p3 = (person(session, name) for name in ("Åse", "Bjørn", "Çelik"))
        selection(session, "Kunder", p1, p2)
        project(session, "Messe", p2, p3)
        assert populated(session, tmp_path, archive={"project": "Messe"}) == {"Bjørn": "eligible", "Çelik": "eligible"}
        both = populated(session, tmp_path, archive={"selection": "Kunder", "project": "Messe"})
        assert both == {"Åse": "eligible", "Bjørn": "eligible"}


def test_vector_b_nobody_without_an_address_is_sendable(any_db: Database, tmp_path: Path) -> None:
    """A person without a valid address is kept to be explained, as no_address (test vector b, D26)."""
    with any_db.writing() as session:
        chosen = [person(session, "Åse"), person(session, "Bjørn", ""), person(session, "Çelik", "çelik@@x")]
        selection(session, "Kunder", *chosen)
        found = populated(session, tmp_path, archive={"selection": "Kunder"})
        assert found == {"Åse": "eligible", "Bjørn": "no_address", "Çelik": "no_address"}


def test_vector_c_one_message_an_address(any_db: Database, tmp_path: Path) -> None:
    """Two people with one address: one gets it and one is a duplicate; with the option off both get it (test vector c)."""
    with any_db.writing() as session:
        selection(session, "Kunder", person(session, "Åse", "felles@hytta.test"), person(session, "Bjørn", "FELLES@hytta.test"))
        once = populated(session, tmp_path, archive={"selection": "Kunder"})
        assert once == {"Åse": "eligible", "Bjørn": "duplicate"}
        both = populated(session, tmp_path, archive={"selection": "Kunder"}, options={"one_per_address": False})
        assert both == {"Åse": "eligible", "Bjørn": "eligible"}


def test_vector_d_topics(any_db: Database, tmp_path: Path) -> None:
    """Who opted out of News gets no News, but Promotions, and what has no topic (test vector d)."""
    with any_db.writing() as session:
        news, _ = topic(session, "News"), topic(session, "Promotions")
        reader = person(session, "Åse")
        session.add(OptOut(person_id=reader.id, topic_id=news.id, since=now(), source="Unsubscribe page"))
        selection(session, "Kunder", reader)
        linked = {"selection": "Kunder"}
        assert populated(session, tmp_path, archive=linked, topic="News") == {"Åse": "not_subscribed"}
        assert populated(session, tmp_path, archive=linked, topic="Promotions") == {"Åse": "eligible"}
        assert populated(session, tmp_path, archive=linked) == {"Åse": "eligible"}


def test_vector_g_companies(any_db: Database, tmp_path: Path) -> None:
    """Prefer company: the company with an address gets it instead of its people; without one its people do (test vector g)."""
    with any_db.writing() as session:
        c1, c2 = company(session, "Fjord AS", "post@fjord.test"), company(session, "Ijssel BV")
        p1, p2 = person(session, "P1", company_id=c1.id), person(session, "P2", company_id=c1.id)
        p3, p4 = person(session, "P3", company_id=c2.id), person(session, "P4")
        selection(session, "Kunder", p1, p2, p3, p4)
        linked, options = {"selection": "Kunder"}, {"include_companies": True, "prefer_company": True}
        preferred = populated(session, tmp_path, archive=linked, options=options)
        assert {name for name, verdict in preferred.items() if verdict == "eligible"} == {"Fjord AS", "P3", "P4"}
        assert preferred["P1"] == preferred["P2"] == "company_preferred"
        included = populated(session, tmp_path, archive=linked, options={"include_companies": True})
        assert set(included.values()) == {"eligible"}
        assert set(included) == {"Fjord AS", "P1", "P2", "P3", "P4"}


LINKED = {"archive": {"selection": "Kunder"}}


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Sets MAILINGS_* for the test."""

    def put(name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        settings.cache_clear()

    yield put
    monkeypatch.undo()
    settings.cache_clear()


def kept_back(session: Session) -> None:
    """One person for every rule, in a selection, each breaking it and all the rules after it."""
    news = topic(session, "News")
    stopped = company(session, "Stopp AS", "post@stopp.test", stop=True)
    preferred = company(session, "Fjord AS", "post@fjord.test")
    people = [
        person(session, "Retired", "", None, retired=True, no_mailings=True, company_id=preferred.id),
        person(session, "Stopped", "", None, no_mailings=True, company_id=preferred.id),
        person(session, "Company-stopped", None, None, company_id=stopped.id),
        person(session, "Preferred", "", None, company_id=preferred.id),
        person(session, "Addressless", "", None),
        person(session, "Blocked", "blocked@x.test", None),
        person(session, "Complained", "complained@x.test", None),
        person(session, "Unasked", None, None),
        person(session, "Withdrawn"),
        person(session, "Unsubscribed"),
        person(session, "First", "twice@x.test"),
        person(session, "Second", "Twice@X.test"),
    ]
    selection(session, "Kunder", *people)
    block_address(session, "blocked@x.test", "unknown user")
    complain(session, "blocked@x.test")
    complain(session, "complained@x.test")
    withdraw(session, people[8].id, "User")
    for one in people[:-2]:
        opt_out(session, one.id, news.id, "User")
    session.flush()


VERDICTS = {
    "Fjord AS": "eligible",
    "Stopp AS": "stopped",
    "Retired": "retired",
    "Stopped": "stopped",
    "Company-stopped": "stopped",
    "Preferred": "company_preferred",
    "Addressless": "no_address",
    "Blocked": "blocked_address",
    "Complained": "complained",
    "Unasked": "no_consent",
    "Withdrawn": "no_consent",
    "Unsubscribed": "not_subscribed",
    "First": "eligible",
    "Second": "duplicate",
}


def test_every_rule_in_its_order(any_db: Database, tmp_path: Path) -> None:
    """The first rule of C.5 that holds is the verdict, whatever later ones would say."""
    with any_db.writing() as session:
        kept_back(session)
        options = {"include_companies": True, "prefer_company": True}
        assert populated(session, tmp_path, topic="News", options=options, **LINKED) == VERDICTS


def test_override_gives_up_consent_and_topic_only(any_db: Database, tmp_path: Path) -> None:
    """Overriding reaches people without consent or subscription, marked as such; blocked and complained addresses never (C.6, D19)."""
    with any_db.writing() as session:
        kept_back(session)
        options = {"include_companies": True, "prefer_company": True, "override_consent": True}
        overridden = dict.fromkeys(("Unasked", "Withdrawn", "Unsubscribed"), "eligible!")
        assert populated(session, tmp_path, topic="News", options=options, **LINKED) == VERDICTS | overridden


def test_filter_off(any_db: Database, tmp_path: Path, setting: Callable[[str, str], None]) -> None:
    """With the consent filter off only withdrawn and no-mailing people are kept back; subscriptions still hold (D2)."""
    setting("MAILINGS_CONSENT_FILTER", "false")
    with any_db.writing() as session:
        kept_back(session)
        found = populated(session, tmp_path, **LINKED)
        assert (found["Unasked"], found["Withdrawn"], found["Stopped"]) == ("eligible", "no_consent", "stopped")


def test_strict_bases(any_db: Database, tmp_path: Path, setting: Callable[[str, str], None]) -> None:
    """A strict list of bases lets only those count as consent, for people and for imported rows (D4)."""
    setting("MAILINGS_ACCEPTED_BASES", "consent")
    with any_db.writing() as session:
        selection(session, "Kunder", person(session, "Åse"), person(session, "Bjørn", None, Basis.LEGITIMATE_INTEREST))
        made = folder(tmp_path, **LINKED, sources=[{"import": "a.csv", "consent": "contract"}])
        (made / "a.csv").write_text("Ünal,unal@x.test\n", encoding="utf-8")
        mailing = push(session, made)
        populate(session, mailing, launch=False)
        assert verdicts(session, mailing) == {"Åse": "eligible", "Bjørn": "no_consent", "Ünal": "no_consent"}


def test_bounces_block_from_the_threshold_on(any_db: Database, tmp_path: Path, setting: Callable[[str, str], None]) -> None:
    """As many consecutive bounces as the threshold block an address, one less does not (D6)."""
    setting("MAILINGS_BOUNCE_THRESHOLD", "3")
    with any_db.writing() as session:
        selection(session, "Kunder", person(session, "Two", "two@x.test"), person(session, "Three", "three@x.test"))
        session.add_all([AddressStanding(normal="two@x.test", bounces=2), AddressStanding(normal="three@x.test", bounces=3)])
        session.flush()
        assert populated(session, tmp_path, **LINKED) == {"Two": "eligible", "Three": "blocked_address"}


def test_the_first_otherwise_sendable_survives(any_db: Database, tmp_path: Path) -> None:
    """Of people with one address the first in source order who could be sent to gets it, not simply the first (D9)."""
    with any_db.writing() as session:
        late, early = person(session, "Late", "felles@x.test"), person(session, "Early", "felles@x.test")
        unasked = person(session, "Unasked", "felles@x.test", None)
        selection(session, "Siste", late)
        selection(session, "Første", unasked, early)
        found = populated(session, tmp_path, sources=[{"selection": "Første"}, {"selection": "Siste"}])
        assert found == {"Unasked": "no_consent", "Early": "eligible", "Late": "duplicate"}


def test_somebody_two_sources_name_is_there_once(any_db: Database, tmp_path: Path) -> None:
    """The first source that names somebody is the one that counts; nobody is on the list twice."""
    with any_db.writing() as session:
        ase = person(session, "Åse", "ase@x.test", company_id=company(session, "Fjord AS").id)
        selection(session, "Kunder", ase)
        project(session, "Messe", ase)
        sources = [{"company": "Fjord AS"}, {"person": "ase@x.test"}, {"project": "Messe"}, {"selection": "Kunder"}]
        assert populated(session, tmp_path, sources=sources) == {"Åse": "eligible"}
        assert session.scalar(select(Source.label).join(Recipient, Recipient.source_id == Source.id)) == "Fjord AS"


def imported(session: Session, path: Path, **keys: object) -> dict[str, str]:
    """Populate from a list that names a known person (by a second address), two unknown rows with one address, a deleted person."""
    ase = person(session, "Åse", "ase@x.test")
    ase.addresses.append(Address(rank=2, written="Ase@old.test", normal="ase@old.test", valid=True))
    person(session, "Slettet", "slettet@x.test", deleted_at=now())
    person(session, "Unasked", "unasked@x.test", None)
    made = folder(path, sources=[{"import": "a.csv", **keys}])
    rows = "ASE@old.test\nÜnal,unal@x.test\nEn til,UNAL@x.test\nslettet@x.test\nunasked@x.test\n , , 99887766\n"
    (made / "a.csv").write_text(
        "navn,e-post,mobil\n" + rows.replace("ASE@", ",ASE@").replace("\nslettet", "\n,slettet").replace("\nunasked", "\n,unasked"),
        encoding="utf-8",
    )
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
        assert (eligible_count(session, mailing), mailing.status) == (1, MailingStatus.DRAFT)


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
