"""How short and how long the words of a template can come out, by the arms of its choices, without any values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from unicodedata import normalize

from jinja2 import nodes

from mailings.channels.sms.parts import EXTENDED, Length, foreign, length_of


class Arms(NamedTuple):
    """What of a template's words may stand in a message: `plain` = the shortest without letters foreign to GSM 03.38, None where each has
    some; `shortest` and `longest` whatever letters they have. A loop's body stands nowhere in the shortest, once in the longest."""

    plain: str | None
    shortest: str
    longest: str

    def least(self) -> Length:
        """No message is shorter: one foreign letter more than doubles a text, so the fewest letters need not be the fewest parts."""
        found = length_of(self.shortest.strip())
        return found if self.plain is None else min(found, length_of(self.plain.strip()))

    def most(self) -> Length:
        """No message is longer, but by its values and by loops."""
        return length_of(self.longest.strip())

    def foreign(self) -> list[str]:
        """Letters because of which every message is UCS-2; none where some can do without."""
        return foreign(self.shortest) if self.plain is None else []


_NOTHING = Arms("", "", "")


def arms_of(tree: nodes.Node) -> Arms:
    """The arms of a template's syntax tree."""
    if isinstance(tree, nodes.TemplateData):
        words = normalize("NFC", tree.data)  # as they are sent
        return Arms(None if foreign(words) else words, words, words)
    if isinstance(tree, nodes.If):
        return _one_of([*(_all_of(way.body) for way in (tree, *tree.elif_)), _all_of(tree.else_)])
    if isinstance(tree, nodes.For):
        return _one_of([_all_of(tree.body), _all_of(tree.else_)])
    if isinstance(tree, nodes.AssignBlock):
        return _NOTHING  # shown, if at all, as a value
    return _all_of(tree.iter_child_nodes())


def _all_of(parts: Iterable[nodes.Node]) -> Arms:
    arms = [arms_of(part) for part in parts]
    plain = [arm.plain for arm in arms if arm.plain is not None]
    together = "".join(plain) if len(plain) == len(arms) else None
    return Arms(together, "".join(arm.shortest for arm in arms), "".join(arm.longest for arm in arms))


def _one_of(arms: list[Arms]) -> Arms:
    plain = [arm.plain for arm in arms if arm.plain is not None]
    shortest, longest = min((arm.shortest for arm in arms), key=_units), max((arm.longest for arm in arms), key=_units)
    return Arms(min(plain, key=_places, default=None), shortest, longest)


def _places(text: str) -> int:
    """In GSM 03.38."""
    return sum(2 if sign in EXTENDED else 1 for sign in text)


def _units(text: str) -> int:
    """In UCS-2."""
    return len(text.encode("utf-16-le")) // 2
