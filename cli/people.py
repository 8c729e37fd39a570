"""Commands of `people`."""

from __future__ import annotations

import typer

app = typer.Typer(help="people")
