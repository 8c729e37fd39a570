"""`mailings settle`: what is in doubt is settled by evidence, by policy, or by the person at the keyboard."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.door import AsJson, database, notes, print_json, record, screen, somebody
from mailings.db import Database
from mailings.errors import Unreadable
from mailings.model import DeliveryStatus
from mailings.sending.doubt import seeking, settling
from mailings.sending.doubt.gathering import Gathered, gather
from mailings.sending.doubt.seeking import Doubtful
from mailings.sending.doubt.settling import Settled
from mailings.sending.finding import mailing_named
from mailings.settings import settings

app = typer.Typer(help="What is in doubt, settled.")


class Fate(StrEnum):
    """What a person may say became of a message."""

    SENT = "sent"
    QUEUED = "queued"
    FAILED = "failed"


Name = Annotated[str | None, typer.Argument(help="The mailing's name; without one, every mailing.", show_default=False)]
As = Annotated[
    Fate | None,
    typer.Option("--as", help="Decide yourself what became of all that is in doubt; queued: it goes once more.", show_default=False),
]


@app.command()
def settle(name: Name = None, decided: As = None, as_json: AsJson = False) -> None:
    """Settle what is in doubt: by servers' logs and returned mail, by the mailing's policy, or by you."""
    if decided is not None and name is None:
        raise Unreadable(f"--as {decided} needs the mailing's name: mailings settle NAME --as {decided}")
    db = database()
    found = _found(db, name)
    gathered = _gathered(db, found)
    done = [_settled(db, one, gathered, decided) for one in found]
    if as_json:
        print_json({"evidence": gathered.words, "troubles": gathered.troubles, "mailings": [_document(one) for one in done]})
    else:
        _tell(done)
    if gathered.troubles:
        raise Unreadable(" ".join(gathered.troubles))


def _found(db: Database, name: str | None) -> list[Doubtful]:
    with db.reading() as session:
        found = seeking.doubtful(session, name)
    with db.writing() as session:
        seeking.come_into_doubt(session, found)
    return found


def _gathered(db: Database, found: list[Doubtful]) -> Gathered:
    if not found:
        return Gathered()
    with db.reading() as session:
        sought = seeking.sought(session, found)
    with notes.status("Reading what servers and returned mail say…"):
        return gather(db, sought, settings())


def _settled(db: Database, one: Doubtful, gathered: Gathered, decided: Fate | None) -> Settled:
    with db.writing() as session:
        mailing = mailing_named(session, one.name, locked=True)
        if decided is None:
            done = settling.settle(session, mailing, settings(), policy=not gathered.troubles)
        else:
            done = settling.settle_as(session, mailing, settings(), DeliveryStatus(decided), somebody() or "a person")
        if done.settled:
            said = {"decided": decided.value} if decided else {}
            record(session, "settle", f"mailing {one.name}", **said, settled=_by_status(done), queued=done.queued)
        return done


def _by_status(done: Settled) -> dict[str, int]:
    """How many became what, whoever says so."""
    counts: Counter[str] = Counter()
    for (_, status), n in done.settled.items():
        counts[status] += n
    return dict(counts)


def _tell(done: list[Settled]) -> None:
    sentences = [one.sentence for one in done if one.worth_telling]
    for sentence in sentences:
        screen.print(sentence, highlight=False, soft_wrap=True, markup=False)
    if not sentences:
        screen.print("Nothing is in doubt.")


def _document(one: Settled) -> dict[str, Any]:
    told = [{"by": by, "status": status, "deliveries": n} for (by, status), n in one.settled.items()]
    document: dict[str, Any] = {"name": one.mailing, "status": one.status, "settled": told, "queued": one.queued, "left": one.left}
    return document | ({"until": one.until.isoformat(timespec="milliseconds")} if one.until else {})
