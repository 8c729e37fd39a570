"""What `mailings up` shows: on a terminal one calm table of what runs and what to open, in a pipe a line for each event."""

from __future__ import annotations

import time
from datetime import timedelta

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from cli.up.parts import Chosen
from cli.up.place import Place
from mailings.clock import now
from mailings.settings import settings

NAMES = {"server": "Prefect server", "worker": "worker", "door": "web door", "sender": "sender"}
MARKS = {"starts": "yellow", "runs": "green", "is down": "red", "is ending": "yellow", "has ended": "dim"}


class Shown:
    """The display of one `up`: what happens is said in lines that stay, and on a terminal the table stands below them."""

    def __init__(self, chosen: Chosen, place: Place, screen: Console) -> None:
        self.chosen, self.place, self.screen = chosen, place, screen
        self.states = {name: "" for name in ("server", "worker", "door", "sender") if name != "door" or chosen.door}
        self.since: dict[str, float] = {}
        self.note, self.runs = "starting; the first time takes half a minute…", 0
        self.live = Live(get_renderable=self._drawn, console=screen, refresh_per_second=2, transient=True)

    def __enter__(self) -> Shown:
        if self.screen.is_terminal:
            self.live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.live.stop()

    def state(self, name: str, state: str) -> None:
        """A process starts, runs, is down, is ending or has ended."""
        if self.states[name] == state:
            return
        self.states[name] = state
        if state == "runs":
            self.since[name] = time.monotonic()
        if not self.screen.is_terminal:
            where = f"{' for' if name == 'sender' else ' at'} {escape(self._where(name))}" if state == "runs" else ""
            self._line(f"{NAMES[name]} {state}{where}")

    def say(self, name: str, sentence: str) -> None:
        """Something happened to a process that a person should know."""
        self._line(f"{NAMES[name]} {escape(sentence)}")

    def doing(self, note: str) -> None:
        """What is waited for; "" when everything runs."""
        self.note = note

    def ready(self) -> None:
        """Everything runs: what to open."""
        self.note = ""
        if not self.screen.is_terminal:
            for what, url, why in self._doors():
                self._line(f"open {escape(url)}  {what}: {why}")
            self._line(f"Everything runs. Logs: {escape(str(self.place.folder))}/*.log. Ctrl-C ends it.")

    def at_work(self, runs: int | None) -> None:
        """How many runs are at work; None = as before."""
        self.runs = self.runs if runs is None else runs

    def _line(self, sentence: str) -> None:
        self.screen.print(f"[dim]{now().astimezone():%H:%M:%S}[/] {sentence}", highlight=False, soft_wrap=True)

    def _where(self, name: str) -> str:
        return {
            "server": self.chosen.url,
            "door": self.chosen.door_url,
            "worker": "pool mailings",
            "sender": "what forms and pages ask for",
        }[name]

    def _doors(self) -> list[tuple[str, str, str]]:
        """What to open in a browser, and for what."""
        found = [("Runs", self.chosen.url, "start a mailing, watch it, approve it; schedules")]
        if self.chosen.door:
            found.append(("The desk", f"{self.chosen.door_url}/desk", "mailings, people, reports"))
            found.append(("Readers", settings().public_url, "links in messages lead here"))
        return found

    def _drawn(self) -> RenderableType:
        parts, doors = _grid(3), _grid(2)
        for name, state in self.states.items():
            mark = f"[{MARKS.get(state, 'dim')}]{'●' if state and state != 'has ended' else '○'}[/]"
            parts.add_row(f" {mark}", NAMES[name], escape(self._where(name)), self._how(name, state))
        for what, url, why in self._doors():
            doors.add_row(f" {what}", f"[bold][link={url}]{escape(url)}[/link][/]", f"[dim]{why}[/]")
        doors.add_row(" Logs", escape(f"{self.place.folder}/*.log"), "")
        last = f" [dim]{self.note or 'Ctrl-C ends it: runs finish what is in hand, nobody is lost.'}[/]"
        return Group("", parts, "", doors, "", last)

    def _how(self, name: str, state: str) -> str:
        if state != "runs":
            return f"[dim]{state}[/]"
        lasted = timedelta(seconds=int(time.monotonic() - self.since[name]))
        work = f", {self.runs} at work" if name == "worker" and self.runs else ""
        return f"[dim]{lasted}{work}[/]"


def _grid(whole: int) -> Table:
    """Columns side by side, of which the first so many are shown whole however narrow the screen: an address cut short leads nowhere."""
    grid = Table.grid(padding=(0, 2))
    for _ in range(whole):
        grid.add_column(no_wrap=True)
    grid.add_column()
    return grid
