"""Quoted-printable in pieces: every piece stands alone, and pieces put together are the text put together."""

from __future__ import annotations

from quopri import decodestring

from hypothesis import given, settings
from hypothesis import strategies as st

from mailings.content.quoting import EightBit, Quoted
from tests.examples import tried

LONG = st.sampled_from(
    [
        *("." * 80, "=" * 80, " " * 90, "é" * 80),
        *("x" * 75 + " \n", "x" * 75 + "\t", "é" + "y" * 69 + " \n", "." + "z" * 75 + " \n"),
    ]
)
TEXTS = st.lists(st.text(st.characters(blacklist_categories=("Cs",)), max_size=120) | LONG, max_size=6)
ROUGH = st.text(alphabet=".= \t\n\raæ=", max_size=200)
NEAR = st.builds(lambda n, end: "x" * n + end, st.integers(66, 80), st.sampled_from([" \n", "\t\n", ".\n", "=\n", "é\n", " ", "é", "  \n"]))


def _one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@settings(max_examples=tried(400), deadline=None)
@given(TEXTS | st.lists(ROUGH | NEAR, max_size=4))
def test_pieces_put_together_decode_to_the_texts_put_together(texts: list[str]) -> None:
    """Any texts in a row: at most 76 characters a line, no dot in front, no bare line end, and the same text when decoded."""
    encoded = "".join(map(Quoted().piece, texts))
    for line in encoded.split("\r\n"):
        assert len(line) <= 76
        assert not line.startswith(".")
        assert not line.endswith((" ", "\t"))
        assert "\n" not in line
        assert "\r" not in line
    expected = "".join(map(_one_line_end, texts)).replace("\n", "\r\n")
    assert decodestring(encoded.encode("ascii")).decode() == expected


@given(TEXTS)
def test_eight_bit_is_the_text_with_crlf(texts: list[str]) -> None:
    """8bit changes line ends and nothing else."""
    assert "".join(map(EightBit().piece, texts)) == "".join(map(_one_line_end, texts)).replace("\n", "\r\n")


def test_a_short_name_is_not_blown_up() -> None:
    """A plain word costs three bytes more, its soft break; an empty one costs nothing."""
    assert Quoted().piece("Anna") == "Anna=\r\n"
    assert Quoted().piece("") == ""
    assert Quoted().piece("Åse") == "=C3=85se=\r\n"
