"""Commands of `reports`."""

from __future__ import annotations

import typer

app = typer.Typer(help="reports")
