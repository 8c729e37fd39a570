"""`mailings deliver --watch`: one sender loop without Prefect, for what people ask for one at a time."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer

from cli.door import AsJson, database, notes, print_json, screen
from mailings.clock import now
from mailings.errors import Unreachable, Unreadable
from mailings.message import Outcome
from mailings.sending.form_responses.responding import Responder, Served, held
from mailings.sending.run import ready_transport
from mailings.settings import settings

app = typer.Typer(help="Sending without Prefect.")

LOOK = 1.0  # seconds between two looks: who pressed a button waits for what they asked for
IDLE = 30.0  # seconds without a message after which connections are let go: servers drop silent ones
WORDS = {
    Outcome.ACCEPTED: "sent",
    Outcome.REFUSED: "failed",
    Outcome.TRY_LATER: "later",
    Outcome.UNKNOWN: "in_doubt",
    Outcome.UNTOUCHED: "untouched",
}

Watch = Annotated[bool, typer.Option("--watch", help="Look every second until told to stop; Ctrl-C or SIGTERM finish what is in hand.")]
Once = Annotated[bool, typer.Option("--once", help="Look once and end, for cron.")]


@app.command()
def deliver(watch: Watch = False, once: Once = False, as_json: AsJson = False) -> None:
    """Send waiting form responses and system messages, without Prefect; several at once are safe."""
    if not watch and not once:
        raise Unreadable("Say how long: mailings deliver --watch looks every second until it is stopped, --once looks once.")
    if watch and once:
        raise Unreadable("Say --watch or --once, not both.")
    ready_transport(settings().email_transport).close()  # a wrong setting is said now, and not to the first who waits
    stop, db, teller = threading.Event(), database(), Teller(as_json=as_json)
    with stopping(stop) as caught:
        responder = Responder(db, settings(), stop)
        try:
            found = _once(responder, teller) if once else _watch(responder, teller)
        finally:
            responder.rest()
    if caught == [signal.SIGINT]:
        raise typer.Exit(130)
    if once and found:
        raise typer.Exit(1)


class Teller:
    """What the loop says: a line for each mailing that was sent something, and trouble once."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._said: dict[str, str] = {}  # what trouble was said of which mailing
        self._away = False

    def tell(self, served: list[Served], *, always: bool = False) -> None:
        """What one look did; nothing where nothing was, unless `always`."""
        counted = [one for one in served if one.counts]
        if self.as_json and (counted or always):
            print_json({"at": now().isoformat(timespec="milliseconds"), "mailings": [_document(one) for one in counted]})
        elif not self.as_json:
            for one in counted:
                screen.print(f"{now().astimezone():%H:%M:%S} {one.mailing}: {_words(one)}", highlight=False, markup=False, soft_wrap=True)

    def troubles(self, found: dict[str, str]) -> None:
        """Say of each mailing what keeps it, once for as long as it is the same."""
        for name, sentence in found.items():
            if self._said.get(name) != sentence:
                say(sentence)
        self._said = found

    def away(self, error: Unreachable) -> None:
        """The database does not answer: said once, until it does."""
        if not self._away:
            say(f"{error} Waiting for it.")
        self._away = True

    def reached(self) -> None:
        """The database answered."""
        if self._away:
            say("The database answers again.")
        self._away = False


@contextmanager
def stopping(stop: threading.Event) -> Iterator[list[int]]:
    """The first SIGINT or SIGTERM sets `stop` and is kept in the list; a second one interrupts at once."""
    caught: list[int] = []

    def told(number: int, _frame: FrameType | None) -> None:
        if caught:
            raise KeyboardInterrupt
        caught.append(number)
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say(sentence: str) -> None:
    """A line on standard error."""
    notes.print(sentence, highlight=False, markup=False, soft_wrap=True)


def _once(responder: Responder, teller: Teller) -> dict[str, str]:
    """One look; the troubles it met."""
    served = responder.look()
    teller.tell(served, always=True)
    if not (teller.as_json or any(one.counts or one.trouble for one in served)):
        screen.print("Nothing is waiting.", highlight=False)
    found = _troubles(responder, served)
    teller.troubles(found)
    return found


def _watch(responder: Responder, teller: Teller) -> dict[str, str]:
    """Looks until told to stop. A database that does not answer is waited for."""
    last = time.monotonic()
    say("Watching for what people ask for; Ctrl-C ends it.")
    while not responder.stop.is_set():
        try:
            served = responder.look()
            teller.tell(served)
            teller.troubles(_troubles(responder, served))
            teller.reached()
        except Unreachable as error:
            teller.away(error)
            served = []
        if served:
            last = time.monotonic()
        elif time.monotonic() - last > IDLE:
            responder.rest()
        responder.stop.wait(LOOK)
    say("Watching has ended; what was in hand is finished.")
    return {}


def _troubles(responder: Responder, served: list[Served]) -> dict[str, str]:
    with responder.database.reading() as session:
        paused = held(session)
    could_not = {one.mailing: f"{one.mailing}: {one.trouble}" for one in served if one.trouble}
    return could_not | paused


def _words(one: Served) -> str:
    return ", ".join(f"{n} {WORDS[outcome]}" for outcome, n in one.counts.items())


def _document(one: Served) -> dict[str, object]:
    return {"name": one.mailing} | {word: one.counts.get(outcome, 0) for outcome, word in WORDS.items()}
