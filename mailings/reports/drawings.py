"""What each chart shows, written as Vega-Lite: wide enough to read on a phone, in colours that do not lean on red against green."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import altair as alt

from mailings.reports.saying import label, many, moment, number, percent, say

WIDTH = 440  # and 20 units around it: at 350 pixels of a phone the smallest letters are still 10 high
STEP = 44  # a bar with its words above it
MOST = 12  # bars; the rest stand together in the last one
DAYS = 48  # hours of the opens (domain.md H.3)
LETTERS = 60  # that stand above a bar: its words, and what is said of it
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
# of Okabe and Ito, who chose them so that everybody can tell them apart; darkened where white paper asks for it
BLUE, ORANGE, SKY, GREEN, GREY, PURPLE = "#0b5a8a", "#c75300", "#4a9fd0", "#00785a", "#7b8794", "#8a4a76"
INK, SOFT, LINE = "#18212a", "#4c5967", "#d8dee5"
STATUS_COLOURS = {
    **dict.fromkeys(("read", "opened", "clicked"), GREEN),
    **dict.fromkeys(("sent", "delivered"), BLUE),
    **dict.fromkeys(("ready", "sending", "waiting"), SKY),
    **dict.fromkeys(("bounced", "failed", "soft_bounced", "in_doubt"), ORANGE),
    "complained": PURPLE,
}
KIND_COLOURS = {"invalid": BLUE, "hard": BLUE, "soft": SKY, "policy": GREY}

Document = Mapping[str, Any]


class Bar(NamedTuple):
    """One bar: what it is of, how long it is, what stands at its end, its colour."""

    words: str
    n: int
    said: str
    colour: str = BLUE


def links(document: Document, language: str) -> alt.Chart:
    """How many people clicked each link, and how often."""
    clicked = sorted((row for row in document["links"] if row["clickers"]), key=lambda row: -row["clickers"])
    bars = [Bar(called(row, language), row["clickers"], _clicks(row["clickers"], row["clicks"], language)) for row in clicked]
    if len(clicked) > MOST:
        rest = clicked[MOST - 1 :]  # their clickers cannot be added up: one may have followed several
        said = many("clicks", sum(row["clicks"] for row in rest), language)
        bars = [*bars[: MOST - 1], Bar(say("other_links", language, n=number(len(rest), language)), 0, said, "none")]
    return _bars("links", bars, language)


def statuses(document: Document, language: str) -> alt.Chart:
    """How many recipients have each status, each counted once."""
    told = [(word, n) for word, n in document["recipients_by_status"].items() if n]
    everybody = sum(n for _, n in told)
    bars = [
        Bar(
            label("status", word, language), n, f"{number(n, language)} ({_share(n / everybody, language)})", STATUS_COLOURS.get(word, GREY)
        )
        for word, n in sorted(told, key=lambda pair: -pair[1])
    ]
    return _bars("statuses", bars, language)


def bounces(document: Document, language: str) -> alt.Chart:
    """How many messages came back for each reason, permanently or not."""
    told = sorted((row for row in document["bounces"] if row["n"]), key=lambda row: -row["n"])
    bars = [
        Bar(
            f"{label('why', row['why'], language)} ({label('kind', row['kind'], language)})",
            row["n"],
            number(row["n"], language),
            KIND_COLOURS.get(row["kind"], GREY),
        )
        for row in told
    ]
    return _bars("bounces", bars[:MOST], language)


def opens(document: Document, language: str) -> alt.Chart:
    """People who opened for the first time, in each of the first 48 hours; the busiest hour stands out."""
    counted = by_hour(document)
    if not any(n for _, n in counted):
        return _quiet("opens", language)
    best = max(counted, key=lambda pair: pair[1])
    rows = [
        {"from": place, "to": place + 1, "n": n, "colour": ORANGE if at == best[0] else BLUE, "told": _hour(at, n, language)}
        for place, (at, n) in enumerate(counted)
    ]
    middle = counted.index(best) + 0.5
    noted = {
        "x": middle,
        "n": best[1],
        "said": say("peak", language, n=number(best[1], language), at=moment(best[0], language, "d MMM HH:mm")),
    }
    across = alt.X(
        "from:Q", title=say("hours_later", language), scale=alt.Scale(domain=[0, DAYS]), axis=alt.Axis(values=[*range(0, DAYS + 1, 6)])
    )
    up = alt.Y("n:Q", title=None, axis=alt.Axis(tickMinStep=1, format=",d", tickCount=5), scale=alt.Scale(domain=[0, best[1] * 1.18]))
    drawn = alt.Chart(alt.InlineData(values=rows)).mark_bar(x2Offset=-1, aria=True)
    drawn = drawn.encode(across, alt.X2("to:Q"), up, alt.Y2(datum=0), color=alt.Color("colour:N", scale=None), description="told:N")
    align: Literal["left", "center", "right"] = "left" if middle < DAYS / 3 else "right" if middle > 2 * DAYS / 3 else "center"
    words = alt.Chart(alt.InlineData(values=[noted])).mark_text(dy=-8, align=align, fontSize=14, fontWeight="bold", color="#a34400")
    return _dressed(alt.layer(drawn, words.encode(x="x:Q", y="n:Q", text="said:N"), width=WIDTH, height=220), "opens", language)


def by_hour(document: Document) -> list[tuple[datetime, int]]:
    """The first 48 hours and how many opened in each: from the hour of the first message, or where that is not known of the first open."""
    told = {datetime.fromisoformat(row["at"]): row["opened"] for row in document["hours"]}
    begun = document.get("started_at")
    first = min([*told, *([datetime.fromisoformat(begun)] if begun else [])], default=None)
    if first is None:
        return []
    first = first.replace(minute=0, second=0, microsecond=0)
    return [(at, told.get(at, 0)) for at in (first + timedelta(hours=place) for place in range(DAYS))]


def called(row: Mapping[str, Any], language: str) -> str:
    """A link as people know it: its name, else where it leads, without what goes without saying."""
    if row["number"] is None:
        return say("link_singles", language)
    parts = urlsplit(row["url"])
    return str(row["name"] or f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}" or row["url"])


def _bars(kind: str, bars: Sequence[Bar], language: str) -> alt.Chart:
    """Bars one below the other, each with its words above: there they have the whole width, however long a language makes them."""
    if not bars:
        return _quiet(kind, language)
    longest = max(bar.n for bar in bars)
    rows = [
        {
            "place": place,
            "words": _cut(bar),
            "n": max(bar.n, longest / 150),
            "said": bar.said,
            "colour": bar.colour,
            "told": f"{bar.words}: {bar.said}",
        }
        for place, bar in enumerate(bars)
    ]
    base = alt.Chart(alt.InlineData(values=rows), width=WIDTH, height=STEP * len(rows))
    place = alt.Y("place:O", axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    long = alt.X("n:Q", axis=None, scale=alt.Scale(domain=[0, longest], nice=False))
    drawn = base.mark_bar(height=14, yOffset=9, aria=True).encode(
        long, place, color=alt.Color("colour:N", scale=None), description="told:N"
    )
    words = base.mark_text(align="left", x=0, dy=-8, fontSize=14, color=INK).encode(y=place, text="words:N")
    said = base.mark_text(align="right", x=WIDTH, dy=-8, fontSize=14, fontWeight="bold", color=INK).encode(y=place, text="said:N")
    return _dressed(alt.layer(drawn, words, said), kind, language)


def _quiet(kind: str, language: str) -> alt.Chart:
    row = {"said": say(f"nothing_{kind}", language)}
    words = alt.Chart(alt.InlineData(values=[row]), width=WIDTH, height=70).mark_text(align="left", x=0, fontSize=14, color=SOFT)
    return _dressed(words.encode(text="said:N"), kind, language)


def _dressed(drawn: Any, kind: str, language: str) -> alt.Chart:
    title = alt.TitleParams(say(f"chart_{kind}", language), anchor="start", frame="bounds", fontSize=17, color=INK, offset=14)
    done: alt.Chart = (
        drawn.properties(title=title, background="white", padding={"left": 16, "right": 24, "top": 14, "bottom": 12})
        .configure(font=FONT)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=13, titleFontSize=13, titleFontWeight="normal", labelColor=SOFT, titleColor=SOFT, gridColor=LINE, domain=False
        )
        .configure_axisX(grid=False)
    )
    return done


def _clicks(people: int, clicks: int, language: str) -> str:
    return f"{many('people', people, language)}, {many('clicks', clicks, language)}"


def _hour(at: datetime, n: int, language: str) -> str:
    return say("hour_opens", language, at=moment(at, language, "d MMM HH:mm"), n=number(n, language))


def _share(part: float, language: str) -> str:
    least = 0.001
    return percent(part, language, 1) if part >= least / 2 else f"< {percent(least, language, 1)}"


def _cut(bar: Bar) -> str:
    room = LETTERS - len(bar.said)
    return bar.words if len(bar.words) <= room else f"{bar.words[: room - 1]}…"


DRAWN: dict[str, Callable[[Document, str], alt.Chart]] = {"links": links, "opens": opens, "statuses": statuses, "bounces": bounces}
