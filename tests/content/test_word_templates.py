"""A Word document is a template: its tags are found however Word divided them, and nothing else in it is one."""

from __future__ import annotations

import io
from typing import Any

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailings.content.letter_variables import is_letter_variable
from mailings.content.names import Used
from mailings.content.word.filling import WordForm, word_template
from mailings.errors import BadTemplate, Unreadable
from tests.content.written import part_of, texts, written
from tests.examples import tried


def _used(our_ref: str = "") -> Used:
    """What a letter may use."""
    return Used(alone=is_letter_variable, written={"our_ref": our_ref, "oref": our_ref})


def _form(content: bytes, our_ref: str = "", **constants: str) -> tuple[WordForm, Used]:
    """The template ready to be filled, without problems."""
    template = word_template(content, "brev.docx")
    used = template.used(_used(our_ref))
    assert used.problems == []
    return template.compiled(used, constants, "nb"), used


def _filled(content: bytes, values: dict[str, Any], our_ref: str = "", **constants: str) -> bytes:
    """The document for these values, by variable."""
    form, used = _form(content, our_ref, **constants)
    return form.filled({name: values.get(path, "") for path, name in used.names.items() if path not in constants})


def _problems(content: bytes) -> list[str]:
    """What is wrong with the names of a template."""
    return word_template(content, "brev.docx").used(_used()).problems


def test_tags_in_several_runs() -> None:
    """A tag is found though Word divided it over runs anywhere, in braces and in brackets, and with the quotes Word makes."""
    content = written(
        ["Kjære {", "at", "tn}", ","], ["[", "[ customer.firstname or ", "’venn’ ", "]", "] og ", "[[attn]]", "!"], "{ATFN} {atfn}"
    )
    filled = _filled(content, {"attn": "Åse Ødegård", "customer.firstname": "", "atfn": "Åse"})
    assert texts(filled) == ["Kjære Åse Ødegård,", "venn og Åse Ødegård!", "Åse Åse"]


@settings(deadline=None, max_examples=tried(30))
@given(st.lists(st.integers(min_value=1, max_value=30), max_size=6))
def test_any_division_into_runs_is_the_same_letter(cuts: list[int]) -> None:
    """However the text of a paragraph is divided into runs, the letter says the same."""
    text, runs, last = "Hei {attn}: [[ customer.number ]] [% if atfn %]ja[% endif %]{{x}} [z]", [], 0
    for cut in sorted({cut for cut in cuts if cut < len(text)}):
        runs.append(text[last:cut])
        last = cut
    runs.append(text[last:])
    assert texts(_filled(written(runs), {"attn": "Jürgen Groß", "customer.number": "7", "atfn": "J"})) == ["Hei Jürgen Groß: 7 ja{{x}} [z]"]


def test_headers_footers_tables_and_pictures() -> None:
    """Tags in header, footer and cells are filled; the picture is the same file, where it was."""
    content = written("{attn}", header=["{pn", "am}"], footer="[[ heading ]]", rows=[("[[ company.name ]]", "{city}")], picture=True)
    filled = _filled(content, {"attn": "Désirée", "company.name": "IJssel & Zn", "city": "Zwolle"}, pnam="Beurs", heading="Tilbud")
    document = docx.Document(io.BytesIO(filled))
    assert document.sections[0].header.paragraphs[0].text == "Beurs"
    assert document.sections[0].footer.paragraphs[0].text == "Tilbud"
    assert [cell.text for cell in document.tables[0].rows[0].cells] == ["IJssel & Zn", "Zwolle"]
    assert part_of(filled, "word/media/image1.png") == part_of(content, "word/media/image1.png")
    assert len(document.inline_shapes) == 1


def test_a_statement_alone_leaves_no_line() -> None:
    """A paragraph or row with nothing but statements is gone from the letter, with what it leaves out; a cell keeps its paragraph."""
    content = written(
        *("[% if atfn %]", "Hei {atfn}", "[% else %]", "Hei", "[% endif %]"),
        rows=[("[% if city %]", ""), ("{city}", "x"), ("[% endif %]", "")],
    )
    assert texts(_filled(content, {"atfn": "Åse"})) == ["Hei Åse"]
    assert texts(_filled(content, {})) == ["Hei"]
    assert not docx.Document(io.BytesIO(_filled(content, {}))).tables[0].rows
    assert len(docx.Document(io.BytesIO(_filled(content, {"city": "Oslo"}))).tables[0].rows) == 1


@pytest.mark.parametrize(
    "value", ["<w:t>", "</w:p><w:p>", "{{7*7}}", "[[ config ]]", "{attn}", "[% for x in y %]", "&amp;", "\x00\x08\ufffe\x0b!"]
)
def test_a_value_is_text(value: str) -> None:
    """Whatever a name holds, markup, a tag, a character XML cannot hold, the letter shows it as text and stays a letter."""
    clean = "".join(sign for sign in value if sign not in "\x00\x08\ufffe\x0b")
    assert texts(_filled(written("Til {attn}."), {"attn": value})) == [f"Til {clean}."]


@settings(deadline=None, max_examples=tried(30))
@given(st.text())
def test_any_name_leaves_a_letter(name: str) -> None:
    """No name makes a document that cannot be read."""
    form, used = _form(written("{attn} [[ attn | upper ]]"))
    form.whole({used.names["attn"]: name})


def test_lines_of_a_value_are_lines() -> None:
    """An address of several lines has them in the letter."""
    filled = _filled(written("{envelope}"), {"envelope": "Åse\nStorgata 1\r\n0184 Oslo"})
    assert texts(filled) == ["Åse\nStorgata 1\n0184 Oslo"]


def test_our_ref_has_variables_of_its_own() -> None:
    """What `our_ref` says stands wherever the template names it, its variables filled, under both names."""
    filled = _filled(
        written("{oref} / [[ our_ref | upper ]]"), {"customer.number": "a<7", "plea": "kå"}, our_ref="[[ customer.number ]]/26-[[ plea ]]"
    )
    assert texts(filled) == ["a<7/26-kå / A<7/26-KÅ"]


def test_days_are_written_out() -> None:
    """A day among the tags in braces is written in the language of the letter."""
    assert texts(_filled(written("{date}", "[[ date ]]"), {}, date="2026-11-22")) == ["22. november 2026", "2026-11-22"]


def test_unknown_tags_are_named_with_their_place() -> None:
    """A tag nothing is known of is told with its paragraph, in the body and in a header; a name near it is offered."""
    problems = _problems(written("Hei", "{attm} {qqqq} [[ customer.frstname ]]", header="{zzzz}"))
    assert [problem.partition(" is not")[0] for problem in problems] == [
        "brev.docx paragraph 2: attm",
        "brev.docx paragraph 2: qqqq",
        "brev.docx paragraph 2: customer.frstname",
        "brev.docx (header1) paragraph 1: zzzz",
    ]


def test_a_name_of_two_words_is_a_tag_too() -> None:
    """A name with a line in it, as letter-variables.md has them, is filled in braces as in brackets; one that is none is told."""
    assert texts(_filled(written("{our_ref} [[ our_ref ]]"), {}, our_ref="K-12")) == ["K-12 K-12"]
    assert any("ukjent_ord" in problem for problem in _problems(written("{ukjent_ord}")))


def test_what_is_no_tag_stays() -> None:
    """Braces around more than a word, doubled ones, single brackets and a GUID are the template's own text."""
    text = "{{attn}} {at tn} [attn] {8A3F-11} { attn } f(x) = {1;2}"
    assert texts(_filled(written(text, "{attn}"), {"attn": "Åse"})) == [text, "Åse"]


def test_a_condition_over_paragraphs_is_told() -> None:
    """A condition that begins within one paragraph and ends within another would leave no document; preflight says what to do."""
    form, used = _form(written("a [% if atfn %] b", rows=[("c [% endif %] d", "e")]))
    form.whole({used.names["atfn"]: "x"})
    with pytest.raises(Unreadable, match="paragraph of its own"):
        form.whole({used.names["atfn"]: ""})


def test_the_sandbox_holds() -> None:
    """A template reaches nothing but its variables: no attribute of Python's, no file, no other template."""
    for source in ("[[ attn.__class__ ]]", "[[ ''.__class__.__mro__ ]]", "[[ range.__globals__ ]]"):
        form, used = _form(written(source))
        try:
            shown = texts(form.filled(dict.fromkeys(used.names.values(), "x")))
        except Unreadable:
            continue
        assert shown == [""]
    with pytest.raises(BadTemplate):
        _form(written("[% include '/etc/passwd' %]"))
