"""What the chart of a form shows, written as Vega-Lite: how many submissions were processed on each day (domain.md J.6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import altair as alt

from mailings.reports.drawings import BLUE, WIDTH, _dressed, _quiet
from mailings.reports.saying import moment, number, say


def processed(days: Sequence[tuple[str, int]], language: str) -> alt.Chart:
    """A bar for each day; every seventh is named."""
    most = max((n for _, n in days), default=0)
    if not most:
        return _quiet("processed", language)
    rows: list[dict[str, Any]] = [
        {"from": place, "to": place + 1, "n": n, "told": say("day_processed", language, at=_day(day, language), n=number(n, language))}
        for place, (day, n) in enumerate(days)
    ]
    named = [{"x": place + 0.5, "said": _day(day, language)} for place, (day, _) in enumerate(days) if (len(days) - 1 - place) % 7 == 0]
    across = alt.X("from:Q", title=None, scale=alt.Scale(domain=[0, len(days)], nice=False), axis=None)
    up = alt.Y("n:Q", title=None, axis=alt.Axis(tickMinStep=1, format=",d", tickCount=5), scale=alt.Scale(domain=[0, most * 1.1]))
    drawn = alt.Chart(alt.InlineData(values=rows)).mark_bar(x2Offset=-1, aria=True, color=BLUE)
    drawn = drawn.encode(across, alt.X2("to:Q"), up, alt.Y2(datum=0), description="told:N")
    words = alt.Chart(alt.InlineData(values=named)).mark_text(baseline="top", dy=6, fontSize=13, align="center")
    below = words.encode(x="x:Q", y=alt.value(200), text="said:N")
    return _dressed(alt.layer(drawn, below, width=WIDTH, height=200), "processed", language)


def _day(day: str, language: str) -> str:
    return moment(datetime.fromisoformat(day).replace(tzinfo=UTC), language, "d MMM")
