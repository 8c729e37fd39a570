"""The demo's people, invented from common names: alike each time, with the dirt real lists have."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import yaml

SEED = 1844  # any number; the same one makes `make demo` tell the same story each time
NAMES = Path(__file__).with_name("names.yaml")
SHARES = {"NO": 30, "DK": 26, "SE": 22, "NL": 18, "DE": 4}
INTERESTS = ("Walking", "Huts", "Repair", "Kitchen", "Winter")
_SPELLED = str.maketrans({"ø": "o", "æ": "ae", "å": "aa", "ß": "ss", "Ø": "o", "Æ": "ae", "Å": "aa"})


@dataclass(frozen=True)
class Invented:
    """One row of the list, as somebody typed it."""

    name: str
    email: str
    mobile: str
    company: str
    country: str
    language: str
    consent: str
    opted_out: str
    interests: str
    member_since: int | None


def invented(count: int) -> Iterator[Invented]:
    """`count` rows. Of a hundred about four have no consent, two withdrew it, five take no News, three are wrong or repeated."""
    random, names = Random(SEED), yaml.safe_load(NAMES.read_text(encoding="utf-8"))  # noqa: S311  names, not secrets
    before: list[Invented] = []
    for number in range(count):
        row = _dirtied(_person(random, names, number), random, before)
        before.append(row)
        yield row


def _person(random: Random, names: dict[str, Any], number: int) -> Invented:
    country = random.choices(list(SHARES), list(SHARES.values()))[0]
    known = names[country]
    first, last = random.choice(known["first"]), random.choice(known["last"])
    company = f"{random.choice(known['companies'])} {known['form']}" if random.random() < 0.55 else ""
    home = f"{_slug(company.removesuffix(known['form']))}.test" if company else f"{country.lower()}post.test"
    return Invented(
        name=f"{first} {last}",
        email=f"{_slug(first)}.{_slug(last)}{number}@{home}",
        mobile="".join(str(random.randrange(10)) if sign == "#" else sign for sign in known["mobile"]) if random.random() < 0.4 else "",
        company=company,
        country=country,
        language=known["language"],
        consent=_consent(random),
        opted_out=random.choices(["", "News", "Promotions", "News, Promotions"], [92, 4, 3, 1])[0],
        interests=", ".join(random.sample(INTERESTS, random.choices([0, 1, 2], [50, 35, 15])[0])),
        member_since=random.randint(1998, 2026) if random.random() < 0.7 else None,
    )


def _consent(random: Random) -> str:
    return random.choices(["consent", "ja", "legitimate interest", "contract", "", "withdrawn"], [62, 14, 10, 8, 4, 2])[0]


def _dirtied(row: Invented, random: Random, before: list[Invented]) -> Invented:
    """What happens to lists: someone is in it twice, an address was typed in a hurry, or pasted with a name around it."""
    fate = random.random()
    if before and fate < 0.012:
        twin = random.choice(before)
        return replace(twin, name=twin.name.upper(), email=twin.email.upper())
    if fate < 0.022:
        return replace(row, email=random.choice(_SLIPS)(row.email))
    if fate < 0.027:
        return replace(row, email="", mobile=row.mobile or "+47 401 23 456")
    if fate < 0.06:
        return replace(row, email=random.choice(_FLOURISHES).format(name=row.name, email=row.email))
    return row


_SLIPS = (
    lambda email: email.replace("@", "(at)"),
    lambda email: email.replace("@", "@@"),
    lambda email: email.replace(".test", ""),
    lambda email: email.replace(".", "..", 1),
    lambda email: email.split("@")[0],
)
_FLOURISHES = ("{name} <{email}>", "{email} ", "mailto:{email}", "{email}.", "\u00a0{email}", "{email}\u200b")


def _slug(words: str) -> str:
    plain = unicodedata.normalize("NFKD", words.translate(_SPELLED)).encode("ascii", "ignore").decode().lower()
    return "".join(sign for sign in plain if sign.isalnum())
