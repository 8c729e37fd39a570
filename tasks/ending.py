"""What a run leaves behind in Prefect when it is done: its page, who was left out, who was not reached, the ways to the desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prefect.client.schemas.actions import ArtifactCreate

from mailings.db import database
from mailings.readable import counted
from mailings.reports.figures import report_of, status_of
from mailings.reports.troubled import Troubled, troubled
from mailings.sending.finding import mailing_named
from tasks.artifacts import key_of, page, publish, run_id, table
from tasks.next_steps import links
from tasks.printed import printed
from tasks.summaries import summary
from tasks.tables import MOST, about_troubled, left_out, not_reached, troubled_in
from tasks.words import Document, headline


def leave(mailing: str, problems: Sequence[str] = ()) -> dict[str, Any]:
    """Publish what the run came to; the status document of cli.md. `problems` = why preflight refused the mailing."""
    with database().reading() as session:
        found = mailing_named(session, mailing)
        document = status_of(session, found)
        if run_id() is None:
            return document
        report = report_of(session, found)
        letters = printed(session, found)
        rows = troubled(session, found, MOST) if troubled_in(document) else []
    said = summary(document, report, problems, letters)
    publish([page(key_of(mailing, "summary"), said, headline(document, printed=letters is not None)), *_more(document, rows)])
    return document


def _more(document: Document, rows: Sequence[Troubled]) -> list[ArtifactCreate]:
    """The tables that have something to say, and the links."""
    name, made = document["name"], []
    if excluded := left_out(document):
        n = sum(document["recipients"]["excluded"].values())
        made.append(table(key_of(name, "left-out"), excluded, f"{counted(n, 'recipient was', 'recipients were')} left out, and why"))
    if rows:
        n = max(troubled_in(document), len(rows))
        made.append(table(key_of(name, "not-reached"), not_reached(name, rows, n), about_troubled(name, n)))
    return [*made, page(key_of(name, "links"), links(name), f"{name} at the desk: the mailing, its report, its recipients")]
