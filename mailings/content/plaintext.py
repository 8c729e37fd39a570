"""The text part made from the HTML when a mailing has none: still a template, so that its variables are those of the HTML."""

from __future__ import annotations

import re

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from jinja2 import Environment

from mailings.content.branching import check_branches
from mailings.content.tags import Element, Tag, blotted, elements, spliced, tags
from mailings.errors import BadTemplate

#: table cells are the columns of a layout, not of a table: text runs down them, one after the other
_TABLE = frozenset({"table", "tbody", "thead", "tfoot", "tr", "td", "th", "center"})
_UNSEEN = frozenset({"style", "script", "title", "head"})
_MARK = re.compile("\ue001([0-9]+)\ue002")
_NO_WORDS, _BLANK, _SYNTAX = re.compile(r"\[\s*\]\("), re.compile(r"\n{3,}"), re.compile(r"\[(?=[\[%#])|\[$")
_CONFIG = ParserConfig(css=CSS_PROFILES["strict"], display_links=True)


def text_of(environment: Environment, html: str) -> str:
    """A template of plain text with the words, links and template tags of `html`. Raises BadTemplate where that cannot be exact."""
    html = html.replace("\r\n", "\n")
    found = tags(environment, html, "html")
    every = elements(blotted(html, found), "html")
    check_branches(html, found, every, "html")
    changes = [*_tag_changes(found, every), *_element_changes(every)]
    plain = get_text(spliced(html, _apart(changes)), _CONFIG)
    for number, tag in enumerate(found):
        if not tag.variable:
            plain = re.sub(f"^[ \t]*(\ue001{number}\ue002)[ \t]*\n", r"\1", plain, flags=re.MULTILINE)
    plain = _BLANK.sub("\n\n", "\n".join(line.rstrip() for line in _NO_WORDS.sub("(", plain).splitlines())).strip("\n") + "\n"
    return _restored(plain, html, found)


def _tag_changes(found: list[Tag], every: list[Element]) -> list[tuple[int, int, str]]:
    changes = []
    for number, tag in enumerate(found):
        inside = next((e for e in every if e.start < tag.start < e.end), None)
        href = inside.values.get("href") if inside is not None and inside.name == "a" else None
        shown = inside is None or (href is not None and href[0] <= tag.start < href[1])
        changes.append((tag.start, tag.end, f"\ue001{number}\ue002" if shown else ""))
    return changes


def _element_changes(every: list[Element]) -> list[tuple[int, int, str]]:
    changes, hidden = [], None
    for element in every:
        if element.name in _UNSEEN:
            if not element.closing and hidden is None:
                hidden = element
            elif element.closing and hidden is not None and hidden.name == element.name:
                changes.append((hidden.start, element.end, ""))
                hidden = None
        elif hidden is None and element.name in _TABLE:
            at = element.start + 1 + element.closing
            changes.append((at, at + len(element.name), "div"))
    return changes


def _apart(changes: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """`changes` without those that lie inside another."""
    kept: list[tuple[int, int, str]] = []
    for change in sorted(changes, key=lambda c: (c[0], -c[1])):
        if not kept or change[0] >= kept[-1][1]:
            kept.append(change)
    return kept


def _restored(plain: str, html: str, found: list[Tag]) -> str:
    order = [int(number) for number in _MARK.findall(plain)]
    shown = set(order)
    if len(shown) != len(order) or _under(order, found) != _under(sorted(shown), found):
        raise BadTemplate("The text part cannot be made from this HTML with certainty; write one and name it under `text`.", "html")
    pieces = _MARK.split(plain)
    words = [_SYNTAX.sub('[[ "[" ]]', piece) for piece in pieces[::2]]
    kept = [html[found[n].start : found[n].end] for n in order] + [""]
    return "".join(word + tag for word, tag in zip(words, kept, strict=True))


def _under(order: list[int], found: list[Tag]) -> list[set[int]]:
    """The numbers of `[[ ]]` behind each statement: a link's address comes behind its words, but never behind the next statement."""
    groups: list[set[int]] = [set()]
    for number in order:
        if not found[number].variable:
            groups += [{number}, set()]
        else:
            groups[-1].add(number)
    return groups
