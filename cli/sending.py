"""Commands of `sending`."""

from __future__ import annotations

import typer

app = typer.Typer(help="sending")
