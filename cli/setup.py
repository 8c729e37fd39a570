"""Commands of `setup`."""

from __future__ import annotations

import typer

app = typer.Typer(help="setup")
