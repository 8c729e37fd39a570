"""The trap: a link that only machines follow, in the HTML alone, the same for the eye, the ear and the keyboard as none."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from quopri import decodestring
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailings.content.compiling import Sources
from mailings.content.environment import sandbox
from mailings.content.inserting import with_trap
from mailings.content.quoting import Bare, EightBit, Encoding, Quoted
from tests.content.reference import BASE_ADDRESS, compiled, content, rendered, table, with_links
from tests.content.templates import PEOPLE, TEMPLATES
from tests.content.test_law import flat, slow

LINK = f'<a href="{BASE_ADDRESS}0" style="display:none" aria-hidden="true" tabindex="-1"></a>'


def trapped(html: str, track: str = "all") -> Any:
    """The content of a mailing with nothing but this HTML and the trap."""
    made = content(html, table(track))
    return replace(made, sources=Sources("subject", with_trap(sandbox(), html), "text\n", trap=True))


@slow
@given(TEMPLATES, PEOPLE, st.sampled_from(["all", "registered"]), st.sampled_from([Bare(), Quoted(), EightBit()]))
def test_it_stands_before_the_end(source: str, person: dict[str, Any], track: str, encoding: Encoding) -> None:
    """Of any template the message is the reference's with that one link before its end; number 0 enters no link table."""
    plain = content(f"<html><body>{source}</body></html>\n", table(track))
    links, made = plain.table, trapped(f"<html><body>{source}</body></html>\n", track)
    compiled(plain, flat(person), Bare())  # gives the links their numbers
    expected = with_links(rendered(plain.sources.html, person), links)
    body, end = expected[: -len("</body></html>\n")], expected[-len("</body></html>\n") :]
    shown = compiled(made, flat(person), encoding)
    if isinstance(encoding, Quoted):
        shown = decodestring(shown.encode("ascii")).decode()
    assert shown.replace("\r\n", "\n") == (body + LINK + end).replace("\r\n", "\n")
    assert 0 not in made.table.numbers.values()
    assert made.table.numbers == links.numbers


def test_it_costs_no_slot() -> None:
    """The trap's address is the base of all links and a constant: nothing is rendered for it, and nothing stands in the text part."""
    made = trapped("<p>[[ customer.name ]]</p>\n").skeleton(Bare())
    assert made.pieces["html"][-3:] == [made.pieces["html"][-3], -1, made.pieces["html"][-1]]
    assert made.pieces["html"][-1].startswith('0" style=')
    assert [piece for part in ("html", "subject") for piece in made.pieces[part] if isinstance(piece, int) and piece >= 0] == [1, 0]
    assert made.pieces["text"] == ["text\n"]


@pytest.mark.parametrize("written", ["[[ link.trap ]]", "[[ link['0'] ]]", '<a href="[[ link["0"] ]]">x</a>'])
def test_it_is_not_the_authors(written: str) -> None:
    """An author who writes the trap's link is told that there is no such variable, before anything is sent."""
    (problem,) = Sources("subject", f"<p>{written}</p>", trap=True).problems([])
    assert "is not a variable" in problem


class _Reader(HTMLParser):
    """What a person gets to see of the message: text outside what is not displayed."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.shown, self.reached = 0, "", []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Links that are displayed can be come to, unless they are taken out of the order of the keyboard."""
        said = dict(attrs)
        if tag == "a":
            displayed = "display:none" not in (said.get("style") or "")
            self.reached += [said["href"]] if displayed or said.get("tabindex") != "-1" or said.get("aria-hidden") != "true" else []


def test_nobody_comes_to_it() -> None:
    """Of the links of a message a reader comes to every one but the trap."""
    shown = compiled(trapped('<p><a href="https://acme.test/offer">Blåbær</a></p>\n'), {}, Bare())
    assert LINK in compiled(replace(content("x", table()), sources=Sources("s", "<p>x</p>", trap=True).prepared()), {}, Bare())
    reader = _Reader()
    reader.feed(shown)
    assert reader.reached == [f"{BASE_ADDRESS}1"]
    assert shown.count(f"{BASE_ADDRESS}0") == 1
