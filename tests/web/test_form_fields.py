"""The fields of a form, each kind by itself, and the colours they stand in."""

from __future__ import annotations

import re
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailings.db import Database
from mailings.forms.parts import StylePart
from mailings.tokens import Kind, Tokens
from tests.examples import tried
from tests.web.formed import formed, plain
from tests.web.opened import a_delivery
from tests.web.readers import SECRET
from web.public.form_look import DARK, LIGHT, contrast, sheet_of

COLOURS = st.none() | st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


@pytest.mark.parametrize(
    ("kind", "more", "written", "kept"),
    [
        ("text", {}, " Ås ", "Ås"),
        ("text_area", {}, "a\r\n\r\nb", "a\n\nb"),
        ("radio", {"choices": ["a", "b"]}, "b", "b"),
        ("checkbox", {"choices": ["a", "b"]}, ["b", "a"], ["a", "b"]),
        ("drop_down", {"choices": [{"value": "a", "label": "Å"}]}, "a", "a"),
        ("hidden", {}, "fra annonse", "fra annonse"),
        ("date", {}, "2026-06-12", "2026-06-12"),
        ("integer", {}, "-7", -7),
        *(
            ("rating", {"look": look}, str(value), value)
            for look, value in [("stars", 5), ("dice", 6), ("thumbs", 0), ("smileys", 3), ("nps", 0)]
        ),
        ("consent", {}, "yes", True),
        ("topics", {"topics": ["News"]}, ["News"], ["News"]),
        ("name", {}, "Désirée van der IJssel", "Désirée van der IJssel"),
        ("phone", {}, "+47 22 33 44 55", "+4722334455"),
        ("mobile", {}, "998 87 766", "+4799887766"),
        ("language", {}, "nl", "nl"),
        ("interests", {"choices": ["Sykkel"]}, ["Sykkel"], ["Sykkel"]),
        ("company_name", {}, "Søn & Co", "Søn & Co"),
        ("request_message", {}, "Ring meg", "Ring meg"),
        ("custom.shoe_size", {"as": "integer"}, "43", 43),
    ],
)
def test_each_kind_goes_round(db: Database, kind: str, more: dict[str, object], written: object, kept: object) -> None:
    """What is written in a field of any kind is what is stored; shown again it is still there."""
    there = formed(db, **plain(kind, **more))
    page = there.client.get(there.path).text
    assert 'name="field_it"' in page
    assert there.send({"email": "ase@fjord.test", "it": written}).status_code == 200
    assert there.submissions()[0].values["it"] == kept
    shown = there.send({"email": "ingen adresse", "it": written}).text
    first = written[0] if isinstance(written, list) else str(written)
    assert escape(first.replace("\r\n", "\n"), quote=False) in shown.replace("\r\n", "\n")


def test_a_link_from_a_message_fills_in_and_says_which_message(db: Database) -> None:
    """The reader's name and address stand there for a token that holds, and nothing for any other; the submission says whence it came."""
    there, reader = formed(db), a_delivery(db)
    token = Tokens(SECRET).sign(Kind.FORM, reader)
    page = there.client.get(f"{there.path}?t={token}&field_nickname=x&field_guests=3&field_consent=yes&field_name=").text
    assert 'value="Åse Ødegård"' in page
    assert 'name="field_guests" value="3"' in page
    assert " checked" not in page
    assert 'id="f-nickname" name="field_nickname" value=""' in page
    for other in (token[:-1] + "_", "", Tokens(SECRET).sign(Kind.CLICK, reader)):
        assert "Ødegård" not in there.client.get(f"{there.path}?t={other}").text
    assert there.send(path=f"{there.path}?t={token}").status_code == 200
    assert [one.delivery_id for one in there.submissions()] == [reader]


@settings(max_examples=tried(200), deadline=None)
@given(st.builds(StylePart, accent=COLOURS, background=COLOURS, ink=COLOURS))
def test_any_colours_can_be_read(style: StylePart) -> None:
    """Whatever an author chooses: text, links and buttons have 4.5 : 1 against what they stand on, by day and by night (WCAG AA)."""
    for rule, grounds in zip(re.findall(r":root \{(.*?)\}", sheet_of(style)), (LIGHT, DARK), strict=False):
        said = {name: read(colour) for name, colour in re.findall(r"--([\w-]+): (#\w{6});", rule)}
        places = [said["card"], said["ground"]] if "card" in said else grounds
        texts = [said[name] for name in ("main", "main-dark", "ink", "soft", "wrong", "gold") if name in said]
        assert texts
        assert all(contrast(text, place) >= 4.5 for text in texts for place in places), said
        assert all(contrast(said["on-main"], said[name]) >= 4.5 for name in ("main", "main-dark")), said


def read(colour: str) -> tuple[int, int, int]:
    """#1a5fb4 as numbers."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue
