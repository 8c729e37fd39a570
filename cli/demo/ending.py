"""The demo's last screen: the figures, where the messages lie, and what to try next."""

from __future__ import annotations

from pathlib import Path


def show_ending(place: Path) -> None:
    """Draw the last screen for the demo in `place`."""
