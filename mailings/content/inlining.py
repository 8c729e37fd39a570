"""CSS into `style` attributes, once, before compilation: css-inline decides, its answer is put into the source tag by tag.

Nothing but `style` attributes and the contents of `<style>` elements changes; template tags never pass through the CSS engine.
Where the answer would depend on what the template does per recipient, the template is refused with the place.
"""

from __future__ import annotations

import re
from itertools import pairwise

from css_inline import CSSInliner
from jinja2 import Environment

from mailings.content.branching import check_branches
from mailings.content.tags import Element, Tag, blotted, elements, line_of, spliced, tags
from mailings.errors import BadTemplate

_MARK = "data-mailings-mark"
PART = "html"  #: what errors name: only HTML has CSS
#: selectors that ask for an element's neighbours, which conditions and loops change
_STRUCTURAL = re.compile(
    r"[^{}]*(?::(?:first|last|only)-(?:child|of-type)|:nth-|:empty|:has\(|:not\(|[+~](?!=))[^{}]*(?=\{)", re.IGNORECASE
)
_CSS_COMMENT, _AT_BLOCK = re.compile(r"/\*.*?\*/", re.DOTALL), re.compile(r"@[^{;]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})", re.DOTALL)
_INLINER = CSSInliner(keep_style_tags=True, remove_inlined_selectors=True, keep_link_tags=True, load_remote_stylesheets=False)


def inlined(environment: Environment, html: str) -> str:
    """`html` (`\\n` line ends) with its CSS inlined; the same text where it has no `<style>`. Raises BadTemplate with the place."""
    found = tags(environment, html, PART)
    masked = blotted(html, found)
    every = elements(masked, PART)
    if not any(element.name == "style" for element in every):
        return html
    _check(html, found, every)
    starts = [element for element in every if not element.closing]
    changes = [(e.start + 1 + len(e.name),) * 2 + (f' {_MARK}="{i}"',) for i, e in enumerate(starts)]
    changes += [(tag.start, tag.end, _stand_in(i, tag)) for i, tag in enumerate(found)]
    answer = _INLINER.inline(spliced(html, changes))
    return spliced(html, [*_styles(html, starts, found, answer), *_sheets(html, every, answer)])


def _stand_in(number: int, tag: Tag) -> str:
    return f"mailingsslot{number}x" if tag.variable else " "


def _styles(html: str, starts: list[Element], found: list[Tag], answer: str) -> list[tuple[int, int, str]]:
    changes: dict[int, tuple[int, int, str]] = {}
    for element in elements(answer, PART):
        if element.closing or _MARK not in element.values:
            continue
        number = int(answer[slice(*element.values[_MARK])])
        start = starts[number]
        style = answer[slice(*element.values["style"])] if "style" in element.values else None
        change = _changed(html, start, found, style)
        if change is not None and changes.setdefault(number, change) != change:
            raise _bad(html, start.start, f"<{start.name}> is closed in the wrong order, so its style is not certain")
    return list(changes.values())


def _changed(html: str, start: Element, found: list[Tag], style: str | None) -> tuple[int, int, str] | None:
    if style is None:
        return None
    inside = [i for i, tag in enumerate(found) if start.start < tag.start < start.end and tag.variable]
    for i in inside:
        style = style.replace(_stand_in(i, found[i]), html[found[i].start : found[i].end])
    old = start.values.get("style")
    if old is None:
        at = start.start + 1 + len(start.name)
        return at, at, f' style="{style}"'
    kept = [html[found[i].start : found[i].end] for i in inside if old[0] <= found[i].start < old[1]]
    if any(style.count(text) != kept.count(text) for text in kept):
        raise _bad(html, old[0], "a [[ ]] in this style attribute does not survive the joining of styles")
    quoted = html[old[0] - 1] in "\"'"
    begin, end = (old[0] - 1, old[1] + 1) if quoted else old
    return begin, end, f'"{style}"'


def _sheets(html: str, every: list[Element], answer: str) -> list[tuple[int, int, str]]:
    before, after = _contents(every), _contents(elements(answer, PART))
    if len(before) != len(after):
        raise BadTemplate("A <style> element stands where HTML allows none.", PART)
    changes = []
    for old, new in zip(before, after, strict=True):
        left = answer[slice(*new)].strip()
        missing = html.count("\n", *old) - left.count("\n")  # so that later lines keep their numbers
        changes.append((*old, left + "\n" * max(missing, 0)))
    return changes


def _contents(every: list[Element]) -> list[tuple[int, int]]:
    return [(one.end, two.start) for one, two in pairwise(every) if one.name == "style" and not one.closing and two.closing]


def _check(html: str, found: list[Tag], every: list[Element]) -> None:
    check_branches(html, found, every, PART)
    sheets = _contents(every)
    for tag in found:
        if any(start <= tag.start < end for start, end in sheets):
            raise _bad(html, tag.start, "a template tag stands inside <style>; write the CSS without")
    for element in every:
        inside = [tag for tag in found if element.start < tag.start < element.end]
        for name in ("class", "id", "style"):
            value = element.values.get(name)
            if inside and value is not None:
                _check_attribute(html, name, value, inside)
    statements = [tag for tag in found if tag.word in ("if", "for")]
    css = "".join(_AT_BLOCK.sub("", _CSS_COMMENT.sub("", html[slice(*sheet)])) for sheet in sheets)
    structural = _STRUCTURAL.search(css)
    if statements and structural:
        rule = " ".join(structural[0].split())
        raise _bad(html, statements[0].start, f"the CSS rule {rule!r} asks for neighbours, which [% {statements[0].word} %] changes")


def _check_attribute(html: str, name: str, value: tuple[int, int], inside: list[Tag]) -> None:
    for tag in inside:
        within = value[0] <= tag.start < value[1]
        if within and (name != "style" or not tag.variable):
            raise _bad(html, tag.start, f"a template tag stands in a {name} attribute, which the CSS in <style> may ask for")
    around = [tag for tag in inside if not tag.variable and not value[0] <= tag.start < value[1]]
    if any(tag.start < value[0] for tag in around) and any(tag.start > value[1] for tag in around):
        raise _bad(html, value[0], f"a {name} attribute stands inside a condition, and the CSS in <style> may ask for it")


def _bad(html: str, at: int, sentence: str) -> BadTemplate:
    return BadTemplate(sentence + "; or put the styles into style attributes yourself.", f"html line {line_of(html, at)}")
