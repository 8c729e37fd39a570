"""The verdicts of any list equal those of an independent telling of the rules, person by person, in plain Python."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.populate import populate
from mailings.audience.verdicts import RULES
from mailings.clock import now
from mailings.db import Database
from mailings.model import (
    Address,
    AddressStanding,
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
from tests.audience.worlds import World, expected, worlds
from tests.examples import tried


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
    for normal, (bounces, *said) in world.standings.items():
        blocked, complained, left = (now() if one else None for one in said)
        session.add(AddressStanding(normal=normal, bounces=bounces, blocked_at=blocked, complained_at=complained, unsubscribed_at=left))
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


@settings(max_examples=tried(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
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
