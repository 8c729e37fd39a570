"""A Word document made a template: its tags whole again where Word divided them over runs, `{tag}` as `[[ tag ]]`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from mailings.errors import BadTemplate

Element = Any

#: a variable, a statement, a remark, or a tag in braces; neither may go beyond its paragraph
_TAG = re.compile(r"\[\[.*?\]\]|\[%.*?%\]|\[#.*?#\]|(?<!\{)\{[A-Za-z][A-Za-z0-9_]{1,30}\}(?!\})", re.DOTALL)
_STATEMENTS = re.compile(r"\s*(?:\[%.*?%\]\s*)+", re.DOTALL)
_UNFINISHED = re.compile(r"\[\[|\[%|\[#")
_TYPOGRAPHIC = str.maketrans("‘’‚‛“”„‟\u00a0", "''''\"\"\"\" ")  # Word makes them of the quotes people type
_PLACE = re.compile("\ue000(\\d+)\ue001")  # of private use: letters no document has a meaning for
_LINE = "\ue002"  # where a paragraph was
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_PICTURES = ("drawing", "pict", "object", "sectPr")


def as_template(tree: Element, named: Callable[[str], str], part: str) -> str | None:
    """The source of a template that fills this part; None when it has no tags. `named` = a tag in braces -> what stands for it.

    The nth line holds the nth paragraph. Raises BadTemplate for a tag that does not end in its paragraph.
    """
    tags: list[str] = []
    space = f"{{{etree.QName(tree).namespace}}}"
    for number, paragraph in enumerate(tree.iter(f"{space}p"), 1):
        _joined(paragraph, tags, f"{part} paragraph {number}")
    if not tags:
        return None
    for kind in ("tr", "p"):
        for element in list(tree.iter(f"{space}{kind}")):
            _bare(element, tags)
    source = etree.tostring(tree, encoding="unicode").replace("\r", "").replace("\n", " ").replace(_LINE, "\n")
    source = source.replace("[", "&#91;")  # a bracket that is no tag of ours opens none
    source = re.sub(rf"<{prefix_of(tree)}p(?=[ >/])", lambda found: f"\n{found[0]}", source).replace("\n", "", 1)
    return _PLACE.sub(lambda found: _written(tags[int(found[1])], named), source)


def prefix_of(tree: Element) -> str:
    """What stands before the names of Word's elements in this part: `w:`, as a rule."""
    return f"{tree.prefix}:" if tree.prefix else ""


def _written(tag: str, named: Callable[[str], str]) -> str:
    return named(tag[1:-1]) if tag.startswith("{") else tag.translate(_TYPOGRAPHIC)


def _texts(paragraph: Element) -> list[Element]:
    """The texts of a paragraph, without those of paragraphs within it (a text box)."""
    space = f"{{{etree.QName(paragraph).namespace}}}"
    return [text for text in paragraph.iter(f"{space}t") if next(text.iterancestors(f"{space}p")) is paragraph]


def _joined(paragraph: Element, tags: list[str], place: str) -> None:
    """Put each tag of a paragraph into one text, where it begins, as the number it has in `tags`."""
    texts = _texts(paragraph)
    whole = "".join(text.text or "" for text in texts)
    if not texts or not ("[" in whole or "{" in whole):
        return
    ends, at = [], 0
    for text in texts:
        at += len(text.text or "")
        ends.append(at)
    pieces = [list[str]() for _ in texts]
    last = 0
    for found in _TAG.finditer(whole):
        _share(whole, (last, found.start()), ends, pieces)
        tags.append(found[0])
        begins = next(n for n, end in enumerate(ends) if found.start() < end)
        pieces[begins].append(f"\ue000{len(tags) - 1}\ue001")
        last = found.end()
    _share(whole, (last, len(whole)), ends, pieces)
    for text, piece in zip(texts, pieces, strict=True):
        text.text = "".join(piece)
        text.set(_SPACE, "preserve")
    if (unfinished := _UNFINISHED.search("".join(text.text or "" for text in texts))) is not None:
        raise BadTemplate(f"{unfinished[0]} begins here and does not end in the same paragraph.", place)


def _share(whole: str, span: tuple[int, int], ends: list[int], pieces: list[list[str]]) -> None:
    """Give the plain text of a span back to the texts it came from."""
    at, stop = span
    for number, end in enumerate(ends):
        if at < end and at < stop:
            pieces[number].append(whole[at : min(end, stop)])
            at = min(end, stop)


def _bare(element: Element, tags: list[str]) -> None:
    """A row or paragraph that holds nothing but statements becomes these: no empty line is left where a condition does not hold."""
    text = "".join(one.text or "" for one in element.iter("{*}t"))
    spelled = _PLACE.sub(lambda found: tags[int(found[1])], text)
    parent = element.getparent()
    if (
        parent is None
        or not _STATEMENTS.fullmatch(spelled)
        or any(next(element.iter(f"{{*}}{kind}"), None) is not None for kind in _PICTURES)
    ):
        return
    if etree.QName(parent).localname == "tc" and sum(1 for _ in parent.iterchildren("{*}p")) < 2:
        return  # a cell has a paragraph at least
    places = _LINE + "".join(_places(text))
    before = element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + places + (element.tail or "")
    else:
        parent.text = (parent.text or "") + places + (element.tail or "")
    parent.remove(element)


def _places(text: str) -> Iterator[str]:
    return (found[0] for found in _PLACE.finditer(text))
