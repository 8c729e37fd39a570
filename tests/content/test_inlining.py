"""CSS inlined into templates: loops and conditions stay where they are, media queries stay, and what cannot be exact is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailings.content.environment import sandbox
from mailings.content.inlining import inlined
from mailings.content.linking import Linking, one_by_one
from mailings.content.links import LinkTable
from mailings.content.markup import read
from mailings.content.names import parsed
from mailings.content.places import State
from mailings.errors import BadTemplate
from tests.content.reference import compiled, content, table, with_links

HEAD = "<html><head><style>\ntd{color:red}\n.a{margin:1px}\n</style></head><body>"


def test_a_loop_over_rows_stays_inside_the_table() -> None:
    """HTML parsers throw text out of tables; the loop is not text to them, and every row gets its style."""
    source = HEAD + "<table>\n[% for x in [1, 2] %]\n<tr><td>[[ x ]]</td></tr>\n[% endfor %]\n</table></body></html>"
    found = inlined(sandbox(), source)
    assert '<table>\n[% for x in [1, 2] %]\n<tr><td style="color: red;">[[ x ]]</td></tr>\n[% endfor %]\n</table>' in found.replace(
        'red">', 'red;">'
    )
    assert sandbox().from_string(found).render().count("<td style=") == 2


def test_a_condition_inside_a_tag_stays_inside_the_tag() -> None:
    """A condition around an attribute that no style asks for is kept letter by letter."""
    found = inlined(sandbox(), HEAD + "<table><tr><td [% if x %]bgcolor=\"red\"[% endif %] class='a'>y</td></tr></table></body></html>")
    assert re.search(r"""<td style="[^"]*color: red[^"]*" \[% if x %\]bgcolor="red"\[% endif %\] class='a'>y</td>""", found)


def test_media_queries_and_hover_stay_in_the_style_element() -> None:
    """Only rules that were inlined leave <style>; later lines keep their numbers."""
    css = "p{color:red}\na:hover{color:blue}\n@media (max-width:600px){p{color:green!important}}\n@font-face{font-family:x;src:url(x)}\n"
    source = f"<html><head><style>\n{css}</style></head><body>\n<p>x</p>\n</body></html>"
    found = inlined(sandbox(), source)
    assert "@media (max-width:600px){p{color:green!important}}" in found
    assert "@font-face" in found
    assert "a:hover" in found
    assert "p{color:red}" not in found
    assert found.count("\n") == source.count("\n")
    assert '<p style="color: red' in found


def test_without_style_nothing_changes_and_a_link_is_never_fetched(tmp_path: Path) -> None:
    """HTML without <style> is left as it is, byte for byte; a stylesheet elsewhere, or a file of this machine, stays a link."""
    (tmp_path / "x.css").write_text("p{color:purple}")
    local = HEAD + f'<link rel="stylesheet" href="file://{tmp_path}/x.css"><link rel="stylesheet" href="{tmp_path}/x.css"><p>x</p>'
    assert "purple" not in inlined(sandbox(), local)
    source = "<HTML><p CLASS=a>&nbsp;<br/>\n<link rel=stylesheet href=http://127.0.0.1:9/x.css>"
    assert inlined(sandbox(), source) == source
    assert "href=http://127.0.0.1:9/x.css" in inlined(sandbox(), HEAD + source)


def test_a_value_inside_a_style_attribute_survives() -> None:
    """`[[ ]]` in a style attribute stands in the joined style."""
    found = inlined(sandbox(), HEAD + '<td style="width: [[ w ]]px">x</td><p class="a" style="color: [[ c ]]">y</p>')
    assert "color: [[ c ]]" in found
    assert "width: [[ w ]]px" in found
    assert "margin: 1px" in found


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("\n<p class='[% if x %]a[% endif %]'>", "html line 5: a template tag stands in a class attribute"),
        ("<p class='[[ x ]]'>", "class attribute"),
        ("<p [% if x %]class='a'[% endif %]>", "stands inside a condition"),
        ("<p style='[% if x %]color:red[% endif %]'>", "style attribute"),
        ("\n\n[% if x %]<div class='a'>[% endif %]<p>y</p></div>", "html line 6: what stands before \\[% endif %\\] opens an element"),
        ("[% for x in y %]</div>[% endfor %]", "closes one it did not open"),
        ("<style>p{color:[[ c ]]}</style>", "inside <style>"),
        ("<style>p + p{color:red}</style>[% if x %]<p>y</p>[% endif %]", "asks for neighbours"),
        ("<style>td:last-child{color:red}</style>[% for x in y %]<p>y</p>[% endfor %]", "asks for neighbours"),
    ],
)
def test_what_cannot_be_exact_is_refused_with_its_place(body: str, words: str) -> None:
    """Where a style would depend on what the template does for one recipient, the template is refused and the place named."""
    with pytest.raises(BadTemplate, match=words):
        inlined(sandbox(), HEAD + body + "</body></html>")


def _templates(folder: Path) -> list[Path]:
    found = sorted((folder / "templates").rglob("*.html"))
    assert len(found) == 44
    return found


def test_real_templates_are_inlined_and_only_styles_change(test_data: Path) -> None:
    """In 44 real templates every character outside style attributes and <style> elements is the same as before."""
    for path in _templates(test_data):
        source = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        assert _unstyled(inlined(sandbox(), source)) == _unstyled(source), path.name


def test_link_rewriting_keeps_every_other_byte_of_real_templates(test_data: Path) -> None:
    """In 44 real templates the links become ours, as html.parser finds them, and nothing else changes."""
    rewritten = 0
    for path in _templates(test_data):
        source = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        source += "" if source.endswith("\n") else "\n"
        links = table()
        said = compiled(content(source, links), {}, _bare())
        assert said == with_links(source, links), path.name
        rewritten += said.count("https://post.test/c/")
        body = parsed(sandbox(), source, "html").body
        walked, _ = Linking("html", LinkTable(track="none"), {}).walk(body, State())
        assert "".join(getattr(node, "data", "") for node in one_by_one(walked)) == source
        assert [*read(source, State())]
    assert rewritten == 9  # the others are anchors


def _bare() -> object:
    from mailings.content.quoting import Bare  # noqa: PLC0415

    return Bare()


def _unstyled(html: str) -> str:
    html = re.sub(r"(<style[^>]*>).*?(</style>)", r"\1\2", html, flags=re.DOTALL | re.IGNORECASE)
    return re.sub(r"""\sstyle=("[^"]*"|'[^']*'|[^\s>]+)""", "", html)
