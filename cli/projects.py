"""Commands of `projects`."""

from __future__ import annotations

import typer

app = typer.Typer(help="projects")
