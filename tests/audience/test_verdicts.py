"""The verdicts of any list equal those of an independent telling of the rules, person by person, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.populate import populate
from mailings.audience.verdicts import RULES
from mailings.clock import now
from mailings.db import Database
from mailings.model import (
    Address,
    AddressStanding,
    Basis,
    Company,
    Consent,
    Mailing,
    MailingType,
    OptOut,
    Person,
    Recipient,
    Selection,
    SelectionKind,
    SelectionMember,
    Source,
    SourceKind,
    Topic,
    Verdict,
)

ADDRESSES = [f"{name}@x.test" for name in "abc"]


@dataclass
class Somebody:
    """An invented person: addresses with their validity in order of rank, consents in order of time, and flags."""

    addresses: list[tuple[str, bool]]
    consents: list[Basis]
    company: int | None
    opted_out: bool
    flags: list[bool]  # retired, no_mailings
    sources: list[bool]  # named by the first, the second selection


@dataclass
class World:
    """Everything a list depends on."""

    people: list[Somebody]
    companies: list[tuple[str | None, bool]]  # address, stop
    standings: dict[str, tuple[int, bool, bool]]  # bounces, blocked, complained
    options: dict[str, bool]
    topic: bool
    expected: dict[tuple[str, int], str] = field(default_factory=dict)


flag = st.booleans()
rarely = st.sampled_from([False, False, True])
address = st.sampled_from(ADDRESSES)
options = st.fixed_dictionaries({"override_consent": rarely, "one_per_address": flag, "include_companies": flag, "prefer_company": flag})
people = st.builds(
    Somebody,
    addresses=st.lists(st.tuples(address, st.sampled_from([True, True, False])), max_size=2),
    consents=st.lists(st.sampled_from([Basis.CONSENT, Basis.LEGITIMATE_INTEREST, Basis.WITHDRAWN]), max_size=2),
    company=st.none() | st.integers(0, 1),
    opted_out=rarely,
    flags=st.lists(rarely, min_size=2, max_size=2),
    sources=st.lists(flag, min_size=2, max_size=2),
)
worlds = st.builds(
    World,
    people=st.lists(people, min_size=3, max_size=10),
    companies=st.lists(st.tuples(st.none() | address, rarely), min_size=2, max_size=2),
    standings=st.dictionaries(address, st.tuples(st.sampled_from([0, 4, 5]), rarely, rarely), max_size=3),
    options=options,
    topic=flag,
)


def expected(world: World) -> dict[tuple[str, int], str]:
    """(person or company, number) -> verdict, told from domain.md C.5 and C.6 without any SQL."""
    found: dict[tuple[str, int], tuple[int, str | None, str]] = {}
    include, prefer = world.options["include_companies"], world.options["prefer_company"] and world.options["include_companies"]
    for number, one in enumerate(world.people):
        if any(one.sources):
            position = one.sources.index(True)
            usual = next((address for address, valid in one.addresses if valid), None)
            found["person", number] = (position, usual, person_verdict(world, one, usual, prefer=prefer))
    for number, (usual, stop) in enumerate(world.companies):
        employed = [i for i, one in enumerate(world.people) if one.company == number and any(one.sources) and not one.flags[0]]
        if include and usual and employed:
            position = min(found["person", i][0] for i in employed)
            verdict = "stopped" if stop else address_verdict(world, usual) or "eligible"
            found["company", number] = (position, usual, verdict)
    if world.options["one_per_address"]:
        mark_later(found)
    return {key: verdict for key, (_, _, verdict) in found.items()}


def person_verdict(world: World, one: Somebody, usual: str | None, *, prefer: bool) -> str:
    """The rules about one person, in order."""
    employer = world.companies[one.company] if one.company is not None else (None, False)
    permitted = bool(one.consents) and one.consents[-1] is not Basis.WITHDRAWN
    asked = not world.options["override_consent"]
    answers = [
        ("retired", one.flags[0]),
        ("stopped", one.flags[1] or employer[1]),
        ("company_preferred", prefer and employer[0] is not None),
        ("no_address", usual is None),
        (address_verdict(world, usual) or "", address_verdict(world, usual) is not None),
        ("no_consent", asked and not permitted),
        ("not_subscribed", asked and world.topic and one.opted_out),
    ]
    return next((verdict for verdict, holds in answers if holds), "eligible")


def address_verdict(world: World, usual: str | None) -> str | None:
    """What is known against an address."""
    bounces, blocked, complained = world.standings.get(usual or "", (0, False, False))
    return "blocked_address" if blocked or bounces >= 5 else "complained" if complained else None


def mark_later(found: dict[tuple[str, int], tuple[int, str | None, str]]) -> None:
    """The first eligible one of each address stays, in order of source, people before companies."""
    served: set[str | None] = set()
    for key in sorted(found, key=lambda key: (found[key][0], key[0] == "company", key[1])):
        position, usual, verdict = found[key]
        if verdict == "eligible":
            found[key] = (position, usual, "duplicate" if usual in served else verdict)
            served.add(usual)


def stored(session: Session, world: World) -> Mailing:
    """The world as rows, and a mailing from its two selections."""
    session.add(Topic(id=1, name="News"))
    session.add_all(Selection(id=n, name=f"S{n}", kind=SelectionKind.STATIC, created_at=now()) for n in (1, 2))
    for number, (usual, stop) in enumerate(world.companies):
        session.add(Company(id=number + 1, name="c", email_normal=usual, email_valid=usual is not None, stop=stop, created_at=now()))
    session.flush()
    for number, one in enumerate(world.people, 1):
        employer = None if one.company is None else one.company + 1
        session.add(Person(id=number, company_id=employer, retired=one.flags[0], no_mailings=one.flags[1], created_at=now()))
        session.flush()
        ranked = enumerate(one.addresses, 1)
        session.add_all(Address(person_id=number, rank=rank, written=a, normal=a, valid=valid) for rank, (a, valid) in ranked)
        for basis in one.consents:
            session.add(Consent(person_id=number, basis=basis, source="User", given_at=now()))
            session.flush()
        if one.opted_out:
            session.add(OptOut(person_id=number, topic_id=1, since=now(), source="User"))
        session.add_all(SelectionMember(selection_id=n, person_id=number) for n in (1, 2) if one.sources[n - 1])
    for normal, (bounces, blocked, complained) in world.standings.items():
        at = now()
        session.add(
            AddressStanding(normal=normal, bounces=bounces, blocked_at=at if blocked else None, complained_at=at if complained else None)
        )
    mailing = Mailing(name="any", type=MailingType.EMAIL, topic_id=1 if world.topic else None, created_at=now(), **world.options)
    session.add(mailing)
    session.flush()
    session.add_all(Source(mailing_id=mailing.id, position=n, kind=SourceKind.SELECTION, label=f"S{n}", selection_id=n) for n in (1, 2))
    session.flush()
    return mailing


def verdicts(session: Session) -> dict[tuple[str, int], str]:
    """What the list says, in the words of `expected`."""
    rows = session.execute(select(Recipient.person_id, Recipient.company_id, Recipient.verdict))
    return {("person", p - 1) if p else ("company", c - 1): verdict.value for p, c, verdict in rows}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(world=worlds)
def test_any_list_follows_the_rules(db: Database, world: World) -> None:
    """Whatever people, companies, consents, blocks, options and sources there are: new and repeated lists both follow C.5 and C.6."""
    if world.options["prefer_company"] and not world.options["include_companies"]:
        world.options["prefer_company"] = False
    with db.engine.connect() as connection, Session(connection) as session:
        mailing = stored(session, world)
        populate(session, mailing, launch=False)
        new = verdicts(session)
        populate(session, mailing, launch=False)
        again = verdicts(session)
        session.rollback()
    assert new == expected(world)
    assert again == new


def test_every_verdict_has_its_rule_and_its_place() -> None:
    """The rules stand in the order of domain.md C.5, one for each verdict that a rule decides."""
    assert [rule.verdict for rule in RULES] == [
        Verdict.RETIRED,
        Verdict.STOPPED,
        Verdict.COMPANY_PREFERRED,
        Verdict.NO_ADDRESS,
        Verdict.BLOCKED_ADDRESS,
        Verdict.COMPLAINED,
        Verdict.NO_CONSENT,
        Verdict.NOT_SUBSCRIBED,
        Verdict.DUPLICATE,
    ]
    assert {rule.verdict for rule in RULES} == set(Verdict) - {Verdict.ELIGIBLE, Verdict.ERASED}
    assert {rule.verdict for rule in RULES if rule.overridable} == {Verdict.NO_CONSENT, Verdict.NOT_SUBSCRIBED}
