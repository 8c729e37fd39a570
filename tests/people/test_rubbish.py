"""Whatever bytes and cells a list holds, reading ends with people, problems or one sentence."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from mailings.errors import Unreadable
from mailings.people.columns import find_columns
from mailings.people.heads import WORDS
from mailings.people.lists import read_list
from mailings.people.rows import RowReader
from tests.examples import tried

HEADS = st.sampled_from([head.strip() for words in WORDS.values() for head in words.split("|")])
CELL = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.sampled_from(
        ["åse@x.test", "a@x.test; b@x.test", "99887766", "4799887766.0", "ja", "News, Promotions", "Total", "nb", "Åse <a@x.test>"]
    ),
)


@settings(max_examples=tried(150), deadline=None)
@given(st.binary(max_size=400).filter(lambda content: not content.startswith((b"PK", b"\xd0\xcf\x11\xe0"))))
def test_any_bytes(content: bytes) -> None:
    """A file of any bytes is a list or is refused in one line; every row taken has an address or a number."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        path.write_bytes(content)
        try:
            read = read_list(path, "NO")
            people = list(read.rows)
        except Unreadable as refused:
            assert "\n" not in str(refused)  # noqa: PT017  either outcome is right; it is the sentence that is proved
            return
        assert all(person.addresses or person.mobile_normal for person in people)
        assert len(people) <= read.total


@settings(max_examples=tried(300), deadline=None)
@given(st.lists(HEADS | st.text(max_size=12), min_size=1, max_size=9), st.lists(st.lists(CELL, max_size=10), max_size=8))
def test_any_cells(heads: list[str], rows: list[list[object]]) -> None:
    """Under any heads any cells give a person, or problems that name their row, or nothing; never an exception."""
    sheet: list[list[object]] = [list(heads), *rows]
    columns = find_columns(sheet)
    if columns is None:
        return
    reader = RowReader(columns, "NO")
    for number, row in enumerate(sheet, 1):
        result = reader.read(number, row)
        if result is None:
            continue
        assert all(problem.row == number and problem.why for problem in result.problems)
        assert result.person is not None or result.problems
        if result.person is not None:
            assert result.person.addresses or result.person.mobile_normal
            assert all(isinstance(key, str) and key for key in result.person.custom)
