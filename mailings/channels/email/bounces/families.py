"""What single mail servers mean by words and codes of their own: the few rules no general one covers (families.yaml)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from mailings.channels.email.bounces.causes import told_plainly
from mailings.reported import BounceWhy


@dataclass(frozen=True, slots=True)
class Family:
    """One mail server's own ways. `sign` is looked for in the From, Subject, hosts and first words of a message."""

    name: str
    sign: re.Pattern[str]
    rules: tuple[tuple[re.Pattern[str], BounceWhy], ...] = field(default=())

    def why(self, said: str, codes: tuple[str, str]) -> BounceWhy | None:
        """The cause by its own rules; None where they say nothing."""
        words = f"{' '.join(codes)} {told_plainly(said)}"
        return next((why for pattern, why in self.rules if pattern.search(words)), None)


def families_in(signs: str) -> tuple[Family, ...]:
    """The families whose sign stands in a text."""
    return tuple(family for family in _families() if family.sign.search(signs))


@cache
def _families() -> tuple[Family, ...]:
    written = yaml.safe_load(Path(__file__).with_name("families.yaml").read_text(encoding="utf-8"))
    return tuple(
        Family(name, re.compile(own["sign"], re.IGNORECASE), tuple((re.compile(r["says"]), BounceWhy(r["why"])) for r in own["rules"]))
        for name, own in written.items()
    )
