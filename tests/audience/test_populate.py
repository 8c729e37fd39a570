"""Sources become recipients, and the rules of domain.md C.5 keep the right ones back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.consent.standing import block_address, complain
from mailings.consent.withdrawing import opt_out, withdraw
from mailings.db import Database
from mailings.model import (
    AddressStanding,
    Basis,
    Recipient,
    Source,
)
from mailings.settings import settings
from tests.audience.people import company, folder, person, project, selection, topic
from tests.audience.populated import LINKED, populated, verdicts


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


@pytest.mark.parametrize("flag", ["stop", "no_mailings"])
def test_a_company_that_wants_none(any_db: Database, tmp_path: Path, flag: str) -> None:
    """Neither a company with Stop or No mailings nor its people are written to, and no override changes that (C.7, D26)."""
    with any_db.writing() as session:
        fjord = company(session, "Fjord AS", "post@fjord.test", **{flag: True})
        selection(session, "Kunder", person(session, "Åse", company_id=fjord.id), person(session, "IJsbrand"))
        options = {"include_companies": True, "override_consent": True}
        assert populated(session, tmp_path, options=options, **LINKED) == {"Fjord AS": "stopped", "Åse": "stopped", "IJsbrand": "eligible"}


def test_filter_off(any_db: Database, tmp_path: Path, setting: Callable[[str, str], None]) -> None:
    """With the consent filter off only withdrawn and no-mailing people are kept back; subscriptions still hold (D2)."""
    setting("MAILINGS_CONSENT_FILTER", "false")
    with any_db.writing() as session:
        kept_back(session)
        found = populated(session, tmp_path, **LINKED)
        assert (found["Unasked"], found["Withdrawn"], found["Stopped"]) == ("eligible", "no_consent", "stopped")
        assert populated(session, tmp_path, topic="News", **LINKED)["Unsubscribed"] == "not_subscribed"


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
