"""A Word document that would bring anything in from elsewhere, or is none, is refused with a sentence."""

from __future__ import annotations

import pytest

from mailings.content.word.filling import word_template
from mailings.errors import BadTemplate
from tests.content.written import part_of, with_parts, written

RELATIONS = "word/_rels/document.xml.rels"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (written("Kjære [[ attn"), "paragraph 1: .*does not end in the same paragraph"),
        (written("[[ attn ]", "]"), "paragraph 1: .*does not end in the same paragraph"),
        (b"Hei {attn}", "no Word document; save it in Word as .docx"),
        (with_parts(written("x"), {"word/vbaProject.bin": b"x"}), "It has macros"),
    ],
    ids=["open", "open in two", "no document", "macros"],  # a document holds the time it was written: no name for a test
)
def test_what_is_refused(content: bytes, said: str) -> None:
    """A tag without an end, a file that is no document and one with macros are refused with a sentence."""
    with pytest.raises(BadTemplate, match=said):
        word_template(content, "brev.docx")


@pytest.mark.parametrize("kind", ["image", "oleObject", "frame", "subDocument"])
def test_nothing_is_shown_from_elsewhere(kind: str) -> None:
    """A picture, object or document that lies outside, on the machine that prints or in the net, is refused; a hyperlink is not."""
    content = written("x")
    types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    relation = f'<Relationship Id="rX" Type="{types}{kind}" Target="file:///etc/passwd" TargetMode="External"/></Relationships>'
    bent = part_of(content, RELATIONS).replace(b"</Relationships>", relation.encode())
    with pytest.raises(BadTemplate, match=r"shows what lies elsewhere .file:///etc/passwd"):
        word_template(with_parts(content, {RELATIONS: bent}), "brev.docx")
    word_template(with_parts(content, {RELATIONS: bent.replace(f"/{kind}".encode(), b"/hyperlink")}), "brev.docx")


@pytest.mark.parametrize("field", [" INCLUDEPICTURE file:///etc/passwd", 'includetext "x"', "DDEAUTO cmd"])
def test_no_field_brings_anything_in(field: str) -> None:
    """A field that shows what lies elsewhere is refused; a page number is not."""
    content = written("x")
    body = part_of(content, "word/document.xml")
    bent = {"word/document.xml": body.replace(b"<w:t>x", f'<w:instrText xml:space="preserve">{field}</w:instrText><w:t>x'.encode())}
    with pytest.raises(BadTemplate, match="brings in what lies elsewhere"):
        word_template(with_parts(content, bent), "brev.docx")
    word_template(with_parts(content, {"word/document.xml": bent["word/document.xml"].replace(field.encode(), b" PAGE ")}), "brev.docx")


def field_of(*pieces: str) -> str:
    """A field written in these pieces, each in a run of its own, with what it showed last."""
    mark = '<w:fldChar w:fldCharType="{}"/>'.format
    runs = [mark("begin"), *(one if one.startswith("<") else f'<w:instrText xml:space="preserve">{one}</w:instrText>' for one in pieces)]
    return "</w:r><w:r>".join([*runs, mark("separate"), "<w:t>3</w:t>", mark("end")])


@pytest.mark.parametrize(
    "field",
    [
        field_of(" INCLU", 'DEPICTURE "http://127.0.0.1/a.png" \\d '),
        field_of(" ", "I", "N", "CLUDETEXT", ' "file:///etc/passwd"'),
        field_of(" IF 1 = 1 ", field_of(" LI", "NK Excel.Sheet a.xls ")),
        field_of(" INCLU", field_of(" PAGE "), "DETEXT x"),
        field_of(" DDE", "AUTO cmd").rpartition("<w:fldChar")[0],
    ],
)
def test_no_field_in_pieces_brings_anything_in(field: str) -> None:
    """A field is read whole, however its writing is cut into runs and whether it ends; so is one within another."""
    content = written("x")
    body = part_of(content, "word/document.xml")
    with pytest.raises(BadTemplate, match="brings in what lies elsewhere"):
        word_template(with_parts(content, {"word/document.xml": body.replace(b"<w:t>x", f"{field}<w:t>x".encode())}), "brev.docx")
    fine = field_of(" PA", "GE ") + "</w:r><w:r>" + field_of(" HYPER", 'LINK "https://acme.test" ')
    word_template(with_parts(content, {"word/document.xml": body.replace(b"<w:t>x", f"{fine}<w:t>x".encode())}), "brev.docx")


def test_an_entity_is_not_resolved() -> None:
    """A document type that would read a file of this machine reads none."""
    content = written("x{attn}")
    body = part_of(content, "word/document.xml").replace(b"<w:t>x", b"<w:t>&e;")
    head, _, rest = body.partition(b"?>")
    bent = head + b'?><!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + rest
    with pytest.raises(BadTemplate, match="document type"):
        word_template(with_parts(content, {"word/document.xml": bent}), "brev.docx")
