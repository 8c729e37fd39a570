"""Of the messages of the last day only those are read that decide when the next may leave."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from mailings.db import Database, driver_sql
from mailings.sending.limits.caps import DAY, HELD, Caps, Window

NOW = 1_795_000_000_000  # milliseconds


def opens(moments: list[int], most: int) -> int:
    """When one more may leave, by all moments, the newest first: the reference."""
    if not most:
        return NOW + DAY
    return NOW if len(moments) < most else moments[most - 1] + HELD


@hypothesis(deadline=None)
@given(st.lists(st.integers(NOW - HELD, NOW), max_size=8), st.integers(0, 10), st.integers(0, 6))
def test_what_is_not_read_decides_nothing(ago: list[int], most: int, wanted: int) -> None:
    """As many as were wanted are let in or kept waiting until the same moments as by the whole list; and the room is told alike."""
    whole = sorted(ago, reverse=True)
    newer = max(0, most - 1 - wanted)
    window = Window(most, "", whole[newer:most], newer)
    assert min(window.room(), wanted) == min(max(0, most - len(whole)), wanted)
    for _ in range(wanted):
        assert window.opens(NOW) == opens(whole, most)
        window.take()
        whole.insert(0, NOW)
    assert window.opens(NOW) == opens(whole, most)


@pytest.mark.parametrize(("most", "read", "room"), [(1500, 0, 3), (1203, 3, 1), (1000, 4, 0), (2, 2, 0)])
def test_few_are_read(any_db: Database, most: int, read: int, room: int) -> None:
    """However many have left in a day, a claim of three reads four moments at the most, and those of yesterday are not counted."""
    with any_db.connection() as connection:
        rows = [(n, f"+47998{n:05}", NOW - n * 1000) for n in range(1, 1203)]
        rows += [(5000 + n, "+4799887766", NOW - HELD - n) for n in range(500)]
        connection.exec_driver_sql(driver_sql(connection, "INSERT INTO text_slot (delivery_id, number, at) VALUES (?, ?, ?)"), rows)
        window = Caps(most, None).day(connection, NOW, 3)
    assert window is not None
    assert (len(window.moments), min(3, window.room())) == (read, room)
