"""Checks that every branch of a condition and every loop holds whole elements, so that the tree of the markup is always the same."""

from __future__ import annotations

from mailings.content.tags import Element, Tag, line_of
from mailings.errors import BadTemplate

_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_UNENDED = frozenset({"p", "li", "td", "th", "tr", "tbody", "thead", "tfoot", "dt", "dd", "option"})  # HTML lets their end tags away


def check_branches(html: str, found: list[Tag], every: list[Element], part: str) -> None:
    """Raises BadTemplate with the place where a branch opens an element that it does not close, or closes one it did not open."""
    both: list[Tag | Element] = [*(tag for tag in found if tag.word), *every]
    open_now: list[str] = []
    begun: list[list[str]] = []
    for item in sorted(both, key=lambda item: item.start):
        if isinstance(item, Element):
            _follow(open_now, item)
        elif item.word in ("if", "for", "with"):
            begun.append(_ended(open_now))
        elif item.word in ("elif", "else", "endif", "endfor", "endwith") and begun:
            if _ended(open_now) != begun[-1]:
                raise BadTemplate(
                    f"what stands before [% {item.word} %] opens an element that it does not close, or closes one it did not open.",
                    f"{part} line {line_of(html, item.start)}",
                )
            if item.word.startswith("end"):
                begun.pop()


def _follow(open_now: list[str], element: Element) -> None:
    if element.name in _VOID:
        return
    if not element.closing:
        open_now.append(element.name)
    elif element.name in open_now:
        while open_now.pop() != element.name:
            pass
    elif element.name not in _UNENDED:
        open_now.append("/" + element.name)  # closes what this branch did not open


def _ended(open_now: list[str]) -> list[str]:
    return [name for name in open_now if name not in _UNENDED]
