"""`mailings demo`: the whole main job on invented people, through the very commands one would type."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.demo.ending import show_ending, way_to_mailings
from cli.demo.place import at_home, fresh_place
from cli.demo.tour import tour

app = typer.Typer()


@app.command()
def demo(
    people: Annotated[int, typer.Option(min=1, help="How many people to invent.")] = 2_000,
    place: Annotated[Path, typer.Option("--dir", help="Where to play; an earlier demo there is replaced.")] = Path("var/demo"),
) -> None:
    """A whole mailing on invented people: an Excel list in, newsletters in a mail folder out. Nothing leaves this machine."""
    call = way_to_mailings(place)
    with at_home(fresh_place(place)):
        tour(people)
        show_ending(place, call)
