"""Commands of `drafts`."""

from __future__ import annotations

import typer

app = typer.Typer(help="drafts")
