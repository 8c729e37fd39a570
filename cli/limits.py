"""Commands of `limits`: how fast and at which hours anything may leave."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.door import AsJson, database, print_json, record, screen, tell
from mailings.readable import spoken
from mailings.sending.limits.setting import PARTS, Change, remove_limit, set_limit
from mailings.sending.limits.shown import Shown, limits_shown
from mailings.settings import settings

app = typer.Typer(invoke_without_command=True)
LONG = 60.0  # seconds from which on people are told what is waited for
HEADS = ("a minute", "burst", "quiet hours", "warm-up today", "free in")
SET = """Set a limit, or change one; what is not named stays. Mailings being sent feel it within two seconds.

Examples:

    mailings limits set installation --rate 3000

    mailings limits set domain:gmail.com --rate 600 --burst 20

    mailings limits set installation --quiet 21:00-07:00 --zone Europe/Oslo

    mailings limits set sender:news.acme.test --ramp-first 50 --ramp-growth 1.5

    mailings limits set domain:gmail.com --without slowing
"""

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="installation, transport:smtp, sender:news@acme.test, sender:acme.test, domain:gmail.com (who receives) or mailing:autumn.",
    ),
]
Without = Annotated[
    list[str] | None, typer.Option(metavar="PART", help=f"Take a part away: {', '.join(PARTS)}. May be given several times.")
]


@app.callback(help="Limits: messages a minute, quiet hours, warm-ups. Alone: every limit that holds, and when the next message may leave.")
def limits(context: typer.Context) -> None:
    """Without a command: show."""
    if context.invoked_subcommand is None:
        show()


@app.command()
def show(as_json: AsJson = False) -> None:
    """Every limit that holds, and when the next message may leave."""
    with database().reading() as session:
        found = limits_shown(session, settings())
    if as_json:
        print_json({"limits": [_document(one) for one in found]})
    elif found:
        _draw("Limits", found)
    else:
        sentence = "There are no limits: everything leaves as fast as it can. Set one with: mailings limits set installation --rate 600"
        screen.print(sentence, soft_wrap=True, highlight=False)


@app.command("set", help=SET)
def set_(
    name: Name,
    *,
    rate: Annotated[float | None, typer.Option(metavar="N", help="Messages a minute; 0.5 is one in two minutes.")] = None,
    burst: Annotated[int | None, typer.Option(metavar="N", help="How many may leave at once after a rest; 1 unless said.")] = None,
    quiet: Annotated[str | None, typer.Option(metavar="FROM-UNTIL", help="Hours in which nothing leaves: 21:00-07:00.")] = None,
    zone: Annotated[str | None, typer.Option(metavar="ZONE", help="Whose clock: Europe/Oslo; UTC unless said.")] = None,
    ramp_from: Annotated[str | None, typer.Option(metavar="DATE", help="First day of a warm-up; today unless said.")] = None,
    ramp_first: Annotated[int | None, typer.Option(metavar="N", help="How many may leave on that day.")] = None,
    ramp_growth: Annotated[float | None, typer.Option(metavar="X", help="Each day X times as many; 1.5 unless said.")] = None,
    without: Without = None,
    as_json: AsJson = False,
) -> None:
    """Set a limit, or change one."""
    change = Change(rate, burst, quiet, zone, ramp_from, ramp_first, ramp_growth, tuple(without or ()))
    with database().writing() as session:
        name = set_limit(session, name, change).name
        record(session, "set limit", _subject(name), **_told(change))
        found = next((one for one in limits_shown(session, settings()) if one.state.name == name), None)
    if found is None:
        said = f"{spoken(name)} limits nothing any more; take it away with: mailings limits remove {spoken(name)}"
        tell(said, {"name": name}, as_json=as_json)
    elif as_json:
        print_json(_document(found))
    else:
        _draw("From now on", [found])


@app.command()
def remove(name: Name, as_json: AsJson = False) -> None:
    """Take a limit away. What MAILINGS_RATE and a mailing's own `rate:` say stays."""
    with database().writing() as session:
        removed = remove_limit(session, name)
        record(session, "remove limit", _subject(removed))
    tell(f"{spoken(removed)} is no longer limited.", {"removed": removed}, as_json=as_json)


def _subject(name: str) -> str:
    """As the log names it: an address without whose it is, for the log outlives it."""
    kind, _, rest = name.partition(":")
    return f"limit {kind}:…@{rest.rpartition('@')[2]}" if "@" in rest else f"limit {name}"


def _told(change: Change) -> dict[str, Any]:
    """What was asked for, for the log."""
    return {part: value for part, value in asdict(change).items() if value not in (None, ())}


def _draw(title: str, limits: list[Shown]) -> None:
    drawn = Table(title=title, title_justify="left", header_style="bold")
    drawn.add_column("limit", no_wrap=True)
    for head in HEADS:
        drawn.add_column(head)
    for one in limits:
        drawn.add_row(*_row(one))
    screen.print(drawn)
    for one in limits:
        if one.free_in >= LONG:
            screen.print(f"Now in force: {spoken(one.waits_for or '')}.", soft_wrap=True, highlight=False)


def _row(shown: Shown) -> tuple[str, ...]:
    state = shown.state
    quiet = f"{state.quiet.begin}-{state.quiet.end} {state.zone}" if state.quiet else ""
    ramp = f"{shown.today[0]} of {shown.today[1]}" if shown.today else "over" if state.ramp else ""
    return (spoken(shown.state.name), _rates(shown), f"{state.burst}" if shown.now else "", quiet, ramp, _free_in(shown))


def _rates(shown: Shown) -> str:
    if shown.now is None:
        return ""
    asked = [rate for rate in (shown.state.per_minute, shown.beside) if rate]
    if shown.slowed and (not asked or shown.now < min(asked)):
        return f"{shown.now:g} (slowed{f' from {min(asked):g}' if asked else ''})"
    return f"{shown.now:g}"


def _free_in(shown: Shown) -> str:
    if shown.free_in <= 0:
        return "now"
    if shown.free_in < LONG:
        return f"{shown.free_in:.1f} s"
    hours, minutes = divmod(math.ceil(shown.free_in / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _document(shown: Shown) -> dict[str, Any]:
    state = shown.state
    ramp = dict(zip(("from", "first", "growth"), state.ramp, strict=True)) if state.ramp else None
    used, allowed = shown.today or (None, None)
    return {
        "name": state.name,
        "per_minute": state.per_minute,
        "now": shown.now,
        "slowed": shown.slowed,
        "burst": state.burst,
        "quiet": f"{state.quiet.begin}-{state.quiet.end}" if state.quiet else None,
        "zone": state.zone,
        "ramp": ramp and {**ramp, "today": used, "of": allowed},
        "free_in_s": shown.free_in,
        "waits_for": shown.waits_for,
    }
