"""Commands of `audience`."""

from __future__ import annotations

import typer

app = typer.Typer(help="audience")
