"""Invented worlds of people, companies and options, and the rules of who gets it told over them without any SQL."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from mailings.model import (
    Basis,
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
    standings: dict[str, tuple[int, bool, bool, bool]]  # bounces, blocked, complained, left by its reader
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
    standings=st.dictionaries(address, st.tuples(st.sampled_from([0, 4, 5]), rarely, rarely, rarely), max_size=3),
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
            found["company", number] = (position, usual, "stopped" if stop else company_verdict(world, usual))
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


def company_verdict(world: World, usual: str) -> str:
    """The rules about a company's address: it has no consent, but its reader may have unsubscribed."""
    left = world.standings.get(usual, (0, False, False, False))[3]
    unwanted = left and not world.options["override_consent"]
    return address_verdict(world, usual) or ("no_consent" if unwanted else "eligible")


def address_verdict(world: World, usual: str | None) -> str | None:
    """What is known against an address."""
    bounces, blocked, complained, _ = world.standings.get(usual or "", (0, False, False, False))
    return "blocked_address" if blocked or bounces >= 5 else "complained" if complained else None


def mark_later(found: dict[tuple[str, int], tuple[int, str | None, str]]) -> None:
    """The first eligible one of each address stays, in order of source, people before companies."""
    served: set[str | None] = set()
    for key in sorted(found, key=lambda key: (found[key][0], key[0] == "company", key[1])):
        position, usual, verdict = found[key]
        if verdict == "eligible":
            found[key] = (position, usual, "duplicate" if usual in served else verdict)
            served.add(usual)
