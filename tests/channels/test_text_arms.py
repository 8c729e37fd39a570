"""Text messages with choices: how short and how long they can come out, and what preflight says of it."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mailings.channels.sms.parts import foreign, length_of
from mailings.channels.sms.words import Words
from mailings.db import Database
from tests.channels.test_texts import looked_at

BY_LANGUAGE = '[% if customer.language == "no" %]{}[% else %]{}[% endif %]'
RUNS = st.tuples(st.sampled_from("aø€ł😀"), st.integers(0, 400)).map(lambda run: run[0] * run[1])
#: a piece of a template: words, or a choice between arms of pieces
PIECES = st.recursive(
    RUNS,
    lambda pieces: st.lists(st.lists(pieces, max_size=2), min_size=1, max_size=3).map(tuple) | st.lists(pieces, max_size=2),
    max_leaves=6,
)


def written(piece: object) -> str:
    """The piece as a template: a tuple is an `if` with its arms and no `else`, a list stands one after the other."""
    if isinstance(piece, str):
        return piece
    if isinstance(piece, list):
        return "".join(map(written, piece))
    assert isinstance(piece, tuple)
    first, *others = map(written, piece)
    rest = "".join(f'[% elif customer.city == "{n}" %]{arm}' for n, arm in enumerate(others))
    return f'[% if customer.language == "no" %]{first}{rest}[% endif %]'


def outcomes(piece: object) -> set[str]:
    """Every text the piece can come out as: the reference, by trying."""
    if isinstance(piece, str):
        return {piece}
    if isinstance(piece, list):
        return {"".join(way) for way in product(*map(outcomes, piece))}
    assert isinstance(piece, tuple)
    return {""}.union(*map(outcomes, piece))


@given(PIECES)
def test_no_outcome_is_shorter_or_longer(piece: object) -> None:
    """Of all texts a template can come out as the shortest has the parts that are told, none has more letters than the longest."""
    arms, every = Words(written(piece)).arms(), outcomes(piece)
    assert arms.least().parts <= min(length_of(text).parts for text in every)
    assert len(arms.longest.encode("utf-16-le")) == max(len(text.encode("utf-16-le")) for text in every)
    assert bool(arms.foreign()) == all(foreign(text) for text in every)


def test_a_choice_counts_once(any_db: Database, tmp_path: Path) -> None:
    """Two languages of seven parts each are no text of fourteen: nobody gets both."""
    found = looked_at(any_db, tmp_path, text=BY_LANGUAGE.format("å" * 1000, "b" * 1000))
    assert found.problems == []
    assert found.notes[0].startswith("7 parts each, 14 parts to 2 recipients")


def test_the_shortest_is_still_too_long(any_db: Database, tmp_path: Path) -> None:
    """What stands outside every choice and in the shortest arm of each is in no message left out: too long for all is a problem."""
    found = looked_at(any_db, tmp_path, text="c" * 1000 + BY_LANGUAGE.format("å" * 1500, "b" * 700))
    assert found.problems == ["The text is at least 12 parts long; networks take 10. Shorten it."]


def test_a_long_arm_nobody_was_seen_to_get(any_db: Database, tmp_path: Path) -> None:
    """An arm that is too long is warned of, also when nobody who was looked at gets it."""
    found = looked_at(any_db, tmp_path, text='Hei![% if customer.city == "Nesodden" %]' + "å" * 1600 + "[% endif %]")
    assert found.problems == []
    assert found.warnings == [
        "Where its choices come out longest the text is 11 parts long; networks take 10, so such recipients will be refused."
    ]


def test_letters_of_one_arm(any_db: Database, tmp_path: Path) -> None:
    """A foreign letter in one arm makes the messages UCS-2 that get this arm, not all, and it is the words' own and not people's data."""
    found = looked_at(any_db, tmp_path, text='[% if customer.firstname == "Åse" %]Hei 😀[% else %]Hallo[% endif %]')
    assert found.warnings == ["For some recipients it is sent as UCS-2, 70 letters a part instead of 160: the words for them have 😀."]
    assert "all of it" in looked_at(any_db, tmp_path, text=BY_LANGUAGE.format("Hei 😀", "Hallo ’")).warnings[0]


def test_a_loop_may_be_empty() -> None:
    """The body of a loop stands in no shortest text, and once in the longest; an å written as two letters is one."""
    arms = Words("Hei a\u030a[% for one in customer.name %]" + "b" * 2000 + "[% endfor %]").arms()
    assert (arms.least().parts, arms.least().wide, arms.most().parts) == (1, False, 14)
