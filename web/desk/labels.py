"""What the desk calls a recipient's status and why a message came back, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable

from mailings.reports.saying import label
from web.desk.at import Desk


def label_in(desk: Desk) -> Callable[[str, object], str]:
    """`label("status", word)`, `label("why", word)`, `label("kind", word)` in their language; empty for nothing."""

    def said(kind: str, word: object) -> str:
        return label(kind, str(word), desk.language) if word else ""

    return said
