"""A Word document as the parts it is zipped of, read without trusting it: what would bring anything in from elsewhere is refused."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from mailings.errors import BadTemplate

LARGEST = 100_000_000  # bytes of everything unpacked; a letter has far less, a zip bomb far more
MOST_PARTS = 2_000
_TYPES, _MAIN = "[Content_Types].xml", "document.main+xml"
_WRITTEN = (_MAIN, "header+xml", "footer+xml", "footnotes+xml", "endnotes+xml")
_HARMLESS = ("/hyperlink", "/attachedTemplate")  # an address to be read, and where Word found the styles: nothing is fetched
#: fields by which a document shows what lies elsewhere: on the machine that prints it, or in the net
_FETCHING = re.compile(r"\s*(INCLUDETEXT|INCLUDEPICTURE|DDE|DDEAUTO|LINK|IMPORT|RD|DATABASE)\b", re.IGNORECASE)
EPOCH = (1980, 1, 1, 0, 0, 0)

Element = Any


@dataclass(frozen=True)
class Package:
    """A document taken apart. `parts`: every part by its name; `written`: the names of those that hold text, the body first."""

    parts: Mapping[str, bytes]
    written: tuple[str, ...]

    def packed(self, changed: Mapping[str, bytes]) -> bytes:
        """The document with some parts changed. Stored, not compressed: it lives until it is a PDF (a tenth of the time)."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
            for name, content in self.parts.items():
                packed.writestr(zipfile.ZipInfo(name, EPOCH), changed.get(name, content))
        return file.getvalue()


def tree_of(content: bytes, name: str) -> Element:
    """A part as XML; entities are not resolved and nothing is fetched. Raises BadTemplate."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        tree = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise BadTemplate(f"This is no Word document we can read: {error.msg}.", name) from error
    if tree.getroottree().docinfo.doctype:
        raise BadTemplate("It has a document type, which no Word document has; save it in Word as .docx.", name)
    return tree


def opened(content: bytes, name: str) -> Package:
    """The parts of a .docx. Raises BadTemplate, with `name`, for what is none, is too large, or would show what lies elsewhere."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            infos = [info for info in packed.infolist() if not info.is_dir()]
            if len(infos) > MOST_PARTS or sum(info.file_size for info in infos) > LARGEST:
                raise BadTemplate(f"It unpacks to more than {LARGEST // 1_000_000} MB; use smaller pictures.", name)
            parts = {info.filename: packed.read(info) for info in infos}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise BadTemplate("This is no Word document; save it in Word as .docx.", name) from error
    if _TYPES not in parts:
        raise BadTemplate("This is no Word document; save it in Word as .docx.", name)
    if any(part.lower().endswith("vbaproject.bin") for part in parts):
        raise BadTemplate("It has macros, which no letter needs; save it in Word as .docx.", name)
    written = tuple(_written(parts, name))
    if not written:
        raise BadTemplate("There is no text in it; save it in Word as .docx.", name)
    for problem in _from_elsewhere(parts, written, name):
        raise BadTemplate(problem, name)
    return Package({_TYPES: parts[_TYPES], **parts}, written)


def _written(parts: Mapping[str, bytes], name: str) -> Iterator[str]:
    kinds = {kind: list[str]() for kind in _WRITTEN}
    for override in tree_of(parts[_TYPES], name).iter("{*}Override"):
        kind = next((kind for kind in _WRITTEN if str(override.get("ContentType")).endswith(kind)), None)
        part = str(override.get("PartName")).lstrip("/")
        if kind and part in parts:
            kinds[kind].append(part)
    for found in kinds.values():
        yield from found


def _from_elsewhere(parts: Mapping[str, bytes], written: tuple[str, ...], name: str) -> Iterator[str]:
    """Every way by which the document would bring in what is not in it."""
    for part in (part for part in parts if part.endswith(".rels")):
        for relation in tree_of(parts[part], name).iter("{*}Relationship"):
            if relation.get("TargetMode") == "External" and not str(relation.get("Type")).endswith(_HARMLESS):
                yield f"It shows what lies elsewhere ({relation.get('Target')}); put it into the document itself."
    for part in parts:
        if part.endswith(".xml"):
            tree_of(parts[part], name)  # also those that are handed on as they are
    for part in written:
        tree = tree_of(parts[part], name)
        if field := next((found for field in _fields(tree) if (found := _FETCHING.match(field))), None):
            yield f"Its field {field[1].upper()} brings in what lies elsewhere; put it into the document itself."
        if next(tree.iter("{*}altChunk"), None) is not None:
            yield "It holds another document within itself; copy its text into this one."


def _fields(tree: Element) -> Iterator[str]:
    """What each field says, put together of the pieces it is written in: with what fields within it say, and without."""
    said: list[tuple[list[str], list[str]]] = []  # of the fields that are open, the innermost last
    for element in tree.iter("{*}fldChar", "{*}instrText", "{*}delInstrText", "{*}fldSimple"):
        kind, text = etree.QName(element).localname, element.text or ""
        if kind == "fldSimple":
            yield _attribute(element, "instr")
        elif kind != "fldChar":
            if not said:
                yield text
            for _, whole in said:
                whole.append(text)
            for own, _ in said[-1:]:
                own.append(text)
        elif (mark := _attribute(element, "fldCharType")) == "begin":
            said.append(([], []))
        elif mark == "end" and said:
            yield from ("".join(pieces) for pieces in said.pop())
    yield from ("".join(pieces) for field in said for pieces in field)


def _attribute(element: Element, name: str) -> str:
    return next((str(value) for key, value in element.attrib.items() if etree.QName(key).localname == name), "")
