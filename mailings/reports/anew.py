"""Figures counted from the rows, each part one statement: what deliveries tell, by domain too, verdicts, and clicks on links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from mailings.audience.labels import READY, VERDICT_LABELS
from mailings.model import Verdict
from mailings.model.counting import AT_DOMAIN, COUNTED, KEPT, domain_sql
from mailings.tracking.counts import FACTS, LINK_FIGURES, Facts, counts_of

Figures = Counter[tuple[str, str]]  #: (what, key) -> how many; of one mailing

NAMED = 50  # domains kept by their names, the largest; a list of companies has as many as people
_COLUMNS = tuple(Facts._fields)
_CARRIED = f"what >= '{KEPT}' AND what < 'kept!'"


def _part(name: str, columns: Iterable[str], n: str, rest: str) -> str:
    """A SELECT of the shape all parts have, so that one database can be asked for all of them at one moment."""
    shown = [f"CAST({column} AS TEXT) AS c{at}" for at, column in enumerate(columns)]
    padded = shown + [f"CAST(NULL AS TEXT) AS c{at}" for at in range(len(shown), len(_COLUMNS))]
    return f"SELECT '{name}' AS part, {', '.join(padded)}, {n} AS n {rest}"


#: by way of an index on the links of a mailing, and for addresses without a number of those who clicked, who are few (E.6)
_NUMBERED = """SELECT CAST(event.link AS TEXT) AS link, event_reading.machine, delivery.recipient_id
    FROM event JOIN event_reading ON event_reading.event_id = event.id JOIN delivery ON delivery.id = event.delivery_id
    LEFT JOIN tracked_link ON tracked_link.mailing_id = event.mailing_id AND tracked_link.number = event.link
    LEFT JOIN registered_link ON registered_link.id = tracked_link.registered_id
    WHERE event.mailing_id = :mailing AND event.link > 0 AND event.kind = 'clicked' AND NOT delivery.test
    AND event.at > COALESCE(tracked_link.reset_at, 0) AND event.at > COALESCE(registered_link.reset_at, 0)"""
_SINGLE = """SELECT '' AS link, event_reading.machine, delivery.recipient_id
    FROM delivery JOIN event ON event.delivery_id = delivery.id JOIN event_reading ON event_reading.event_id = event.id
    WHERE delivery.mailing_id = :mailing AND NOT delivery.test
    AND (delivery.clicked_at IS NOT NULL OR delivery.machine_clicked_at IS NOT NULL)
    AND event.link IS NULL AND event.kind = 'clicked' AND event.source = 'visit'"""


def walk_parts(dialect: str) -> list[str]:
    """What deliveries and verdicts tell."""
    facts = f"FROM (SELECT {FACTS} {COUNTED} AND delivery.mailing_id = :mailing) AS facts GROUP BY {', '.join(_COLUMNS)}"
    sums = [f"sum(d{at})" for at in range(len(AT_DOMAIN))]
    carried = f"FROM figure WHERE mailing_id = :mailing AND {_CARRIED} GROUP BY what, key"
    return [
        _part("facts", _COLUMNS, "count(*)", facts),
        _part("domain", ["domain", *sums], "sum(d0)", f"FROM ({_domains(dialect)}) AS kept GROUP BY domain"),
        _part("verdict", ["verdict"], "count(*)", "FROM recipient WHERE mailing_id = :mailing GROUP BY verdict"),
        _part("carried", ["what", "key"], "sum(n)", carried),
    ]


def _domains(dialect: str) -> str:
    """A row for each domain, under no name where it is none of the largest, nor one of an erased recipient."""
    sums = ", ".join(f"sum(CASE WHEN {which} THEN 1 ELSE 0 END) AS d{at}" for at, which in enumerate(AT_DOMAIN.values()))
    named = f"turn <= {NAMED} OR domain IN (SELECT key FROM figure WHERE mailing_id = :mailing AND {_CARRIED})"  # noqa: S608  constants
    return f"""SELECT CASE WHEN {named} THEN domain ELSE '' END AS domain, d0, d1, d2, d3, d4, d5 FROM (
        SELECT domain, d0, d1, d2, d3, d4, d5, row_number() OVER (ORDER BY d0 DESC, domain) AS turn FROM (
            SELECT {domain_sql(dialect)} AS domain, {sums} {COUNTED} AND delivery.mailing_id = :mailing GROUP BY 1) AS each) AS ranked"""  # noqa: S608


def click_parts() -> list[str]:
    """Clicks since their links were reset."""
    people = "count(DISTINCT CASE WHEN machine IS NULL THEN recipient_id END)"
    columns = ["link", "count(*) - count(machine)", "count(machine)", people]
    return [_part("link", columns, "count(*)", f"FROM ({rows}) AS clicks GROUP BY link") for rows in (_NUMBERED, _SINGLE)]


def counted(session: Session, mailing_id: int, parts: Iterable[str]) -> Figures:
    """The figures that these parts tell, each as the rows are when it is asked."""
    found: Figures = Counter()
    for part in parts:
        gather(found, session.execute(text(part), {"mailing": mailing_id}, execution_options={"yield_per": 1_000}))
    return settled(found)


def gather(found: Figures, rows: Iterable[Any]) -> None:
    """Add the rows of parts up into `found`."""
    for part, *columns, many in rows:
        n = int(many)  # PostgreSQL adds up to decimals
        if part == "facts":
            found.update(dict.fromkeys(counts_of(_facts(columns)), n))
        elif part == "domain":
            numbers = map(int, columns[1 : len(AT_DOMAIN) + 1])
            found.update({(what, columns[0]): number for what, number in zip(AT_DOMAIN, numbers, strict=True)})
        elif part == "link":
            found.update({(what, columns[0]): int(number) for what, number in zip(LINK_FIGURES, columns[1:4], strict=True)})
        elif part == "carried":
            found[columns[0].removeprefix(KEPT), columns[1]] += n
        else:
            found["verdict", columns[0]] += n


def settled(found: Figures) -> Figures:
    """Verdicts become words people see: who is eligible and has no message yet is ready, as those are whose message waits."""
    labelled = sum(n for (what, _), n in found.items() if what == "label")
    for (what, verdict), n in list(found.items()):
        if what == "verdict":
            del found[what, verdict]
            found["label", VERDICT_LABELS.get(verdict, READY)] += n - (labelled if verdict == Verdict.ELIGIBLE else 0)
    return Counter({key: n for key, n in found.items() if n})


def _facts(columns: list[Any]) -> Facts:
    status, label, bounce, why, read, clicked, program, *flags = columns
    first, second = (None if hour is None else int(hour) for hour in (read, clicked))
    return Facts(status, label, bounce, why, first, second, program, *map(int, flags))
