"""Commands of `topics`."""

from __future__ import annotations

import typer

app = typer.Typer(help="topics")
