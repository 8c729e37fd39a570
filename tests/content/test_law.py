"""The law of the skeleton: constants and slots, put together and decoded, are what Jinja2 and html.parser say, byte for byte."""

from __future__ import annotations

from quopri import decodestring
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailings.content.links import Utm
from mailings.content.quoting import Bare, EightBit, Quoted
from mailings.errors import BadTemplate
from tests.content.reference import compiled, content, rendered, table, with_links
from tests.content.templates import PEOPLE, TEMPLATES
from tests.examples import tried

TRACKS = st.sampled_from(["all", "all", "registered", "none"])
UTMS = st.sampled_from([Utm(), Utm("news letter", "høst")])
slow = settings(max_examples=tried(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def flat(person: dict[str, Any]) -> dict[str, Any]:
    """A person's values by their paths."""
    custom = {f"customer.custom.{name}": value for name, value in person["customer.custom"].items()}
    return {path: value for path, value in person.items() if path != "customer.custom"} | custom


@slow
@given(TEMPLATES, PEOPLE, TRACKS, UTMS)
def test_skeleton_and_slots_are_the_plain_render(source: str, person: dict[str, Any], track: str, utm: Utm) -> None:
    """In all three encodings the message's HTML is the reference's: Jinja2's render, links found by html.parser."""
    links = table(track, utm)
    made = content(source, links)
    assert not made.used.problems
    bare = compiled(made, flat(person), Bare())
    expected = with_links(rendered(source, person), links)
    assert bare == expected
    quoted = compiled(made, flat(person), Quoted())
    assert decodestring(quoted.encode("ascii")).decode() == expected.replace("\n", "\r\n")
    assert compiled(made, flat(person), EightBit()).replace("\r\n", "\n") == expected
    for line in quoted.split("\r\n"):
        assert len(line) <= 76
        assert not line.startswith(".")
        assert not line.endswith((" ", "\t"))


@slow
@given(TEMPLATES, PEOPLE)
def test_the_text_part_and_the_subject_are_the_plain_render(source: str, person: dict[str, Any]) -> None:
    """Text is not escaped and its addresses are not rewritten; the subject is one value."""
    made = content("html", table(), text=source, subject=source)
    expected = rendered(source, person, html=False)
    assert compiled(made, flat(person), Bare(), "text") == expected
    assert decodestring(compiled(made, flat(person), Quoted(), "text").encode("ascii")).decode() == expected.replace("\n", "\r\n")
    assert compiled(made, flat(person), Quoted(), "subject") == expected


@given(st.text(alphabet="\x1fab\r\n", max_size=12))
def test_control_characters_of_a_value_do_not_move_slots(value: str) -> None:
    """A name that holds the separator loses it; what stands around it stays where it is."""
    made = content("<p>[[ customer.name ]]</p><b>[[ customer.email ]]</b>\n", table())
    said = compiled(made, {"customer.name": value, "customer.email": "x@y.test"}, Bare())
    clean = value.replace("\x1f", "").replace("\r\n", "\n").replace("\r", "\n")
    assert said == f"<p>{clean}</p><b>x@y.test</b>\n"


@pytest.mark.parametrize(
    ("source", "place", "words"),
    [
        ("\n<a href=[[ customer.name ]]>x</a>", "html line 2", "quotes"),
        ("<td [[ customer.name ]]>", "html line 1", "inside a tag"),
        ("<[[ customer.name ]]>", "html line 1", "not finished"),
        ('[% if customer.name %]<a href="x[% endif %]y">', "html line 1", "ends outside it"),
        ('<a href="[% if customer.name %]x">[% endif %]', "html line 1", "did not begin in"),
        ('[% if customer.name %]<td class="a[% else %]<td[% endif %]">', "html line 1", "different places"),
        ("<td class[% if customer.name %]='a'[% endif %]b>", "html line 1", "space is missing"),
        ("<td[% if customer.name %] class='a'[% endif %]id='b'>", "html line 1", "space is missing"),
        ("<!-[[ customer.name ]]- x -->", "html line 1", "not finished|cut in two"),
        ("<!-- -[[ customer.name ]]-> -->", "html line 1", "not finished|cut in two"),
        ("\n\n[% macro b() %]<b>[% endmacro %]", "html line 3", "macro"),
        ("[% include 'x' %]", "html line 1", "include"),
        ("[% extends 'x' %]", "html line 1", "extends"),
        ("[% filter upper %]x[% endfilter %]", "html line 1", "filter"),
        ("[% call b() %]x[% endcall %]", "html line 1", "call|macro"),
        ("[% block a %]x[% endblock %]", "html line 1", "block"),
        ("[% autoescape false %]x[% endautoescape %]", "html line 1", "autoescape"),
        ("[% set x %]<b>[% endset %][[ x ]]", "html line 1", "set"),
        ("[% for x in [1] recursive %]x[% endfor %]", "html line 1", "recursive"),
        ("\n[% if customer.name %]", "html line 2", "[Uu]nexpected end"),
    ],
)
def test_what_cannot_be_taken_apart_is_refused_with_its_place(source: str, place: str, words: str) -> None:
    """A template outside the provable subset is refused before anything is sent, naming the line and what to write instead."""
    with pytest.raises(BadTemplate, match=words) as refused:
        content(source + "\n", table()).skeleton(Bare())
    assert refused.value.place == place
