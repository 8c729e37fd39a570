"""`mailings up` at work: begins its processes in order, keeps them up, and ends them so that nothing in hand is lost."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Event

from cli.prefect_api import ask, healthy
from cli.up import parts
from cli.up.again import taken_up_again, works
from cli.up.children import Child, Part
from cli.up.deploying import deploy
from cli.up.family import descendants, kill_all, left_of
from cli.up.parts import Chosen
from cli.up.place import Place
from cli.up.shown import Shown
from mailings.clock import now
from mailings.errors import MailingsError, Unreachable

PATIENCE = 180.0  # seconds for the server to answer the first time: 4 s on a database that is there, 10-20 s on a fresh one
TICK = 0.2  # seconds between two looks at the children
ASK = 3.0  # seconds between two questions to the server
ORDER = ("worker", "sender", "door", "server")  # of ending: runs finish what is in hand and report it, while there is somebody to report to


class Running:
    """The children of one `up`."""

    def __init__(self, chosen: Chosen, place: Place, shown: Shown) -> None:
        self.chosen, self.place, self.shown = chosen, place, shown
        self.children: dict[str, Child] = {}
        self.stop, self.hurry = Event(), Event()
        self._asked = 0.0

    def run(self) -> None:
        """Everything up, until told to stop. Raises Unreachable where the server or the deployments do not come to be."""
        try:
            if self.chosen.door:
                self._begin(parts.door(self.chosen.door))
            self._begin(parts.sender())
            self._begin(parts.server(self.chosen, self.place))
            self._until_it_answers()
            self._take_up_again("takes up again what was cut off")  # before the server finds it silent, and starts it anew
            self.shown.doing("putting pool, automations and deployments in place…")
            if deploy(self.place, self.chosen.api, parts.environment(self.chosen, self.place), self.stop):
                self.shown.say("server", "has its pool, automations and deployments: put in place just now")
            self._begin(parts.worker(self.chosen, self.place))
            self._until_it_works()
            self.place.tell(self.chosen.api)
            self.shown.ready()
            while not self.stop.wait(TICK):
                self._look()
        except KeyboardInterrupt:
            return  # told to stop while it was starting

    def end(self) -> None:
        """The worker first, whose runs finish what is in hand; then the sender and the door; the server last. A second signal hurries."""
        with suppress(OSError):
            self.place.tell(None)
        for name in ORDER:
            if child := self.children.pop(name, None):
                self.shown.doing("ending: runs finish what is in hand; Ctrl-C once more hurries")
                self.shown.state(name, "is ending")
                self._end(child)
                self.shown.state(name, "has ended")
                if name == "worker":
                    self._take_up_again("leaves to the next mailings up")

    def _begin(self, part: Part) -> None:
        self.children[part.name] = Child(part, self.place.log(part.name), self.place.lock.fileno())
        self.shown.state(part.name, "runs" if part.name in ("door", "sender") else "starts")

    def _until_it_answers(self) -> None:
        server, deadline = self.children["server"], time.monotonic() + PATIENCE
        while not healthy(self.chosen.api):
            if not server.alive or time.monotonic() > deadline:
                raise Unreachable(f"Prefect's server did not start ({server.last_words()}); its log says why: {server.log}")
            if self.stop.wait(TICK):
                raise KeyboardInterrupt
        if not server.alive:  # somebody else answers at that port
            raise Unreachable(f"Prefect's server did not start ({server.last_words()}); its log says why: {server.log}")
        self.shown.state("server", "runs")

    def _until_it_works(self) -> None:
        """Until the server has heard of the worker; one that dies meanwhile is started again, as later."""
        self.shown.doing("the worker starts…")
        begun, deadline = now(), time.monotonic() + PATIENCE
        while not works(self.chosen.api, parts.worker_name(), begun) and time.monotonic() < deadline:
            if self.stop.wait(TICK):
                raise KeyboardInterrupt
            self._keep_up()
        self.shown.state("worker", "runs")

    def _take_up_again(self, saying: str) -> None:
        with suppress(MailingsError):  # a server that died says so by itself; the start-due run comes to the same
            if again := taken_up_again(self.chosen.api, parts.worker_name()):
                self.shown.say("worker", f"{saying}: {', '.join(again)}")

    def _keep_up(self) -> None:
        for name, child in self.children.items():
            if sentence := child.kept_up():
                self.shown.say(name, sentence)

    def _look(self) -> None:
        self._keep_up()
        for name, child in self.children.items():
            self.shown.state(name, "runs" if child.alive else "is down")
        if time.monotonic() - self._asked > ASK:
            self._asked = time.monotonic()
            self.shown.at_work(self._runs())

    def _runs(self) -> int | None:
        """How many runs are at work; None when the server does not say."""
        with suppress(MailingsError):
            return int(ask(self.chosen.api, "flow_runs/count", {"flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}))
        return None

    def _end(self, child: Child) -> None:
        """Ask, wait as long as it and its runs may take, then end what is left. A worker ends before the runs it asked to."""
        family = descendants(child.process.pid)
        child.ask_to_end()
        deadline = time.monotonic() + child.part.grace
        while (child.alive or left_of(family)) and time.monotonic() < deadline and not self.hurry.wait(0.1):
            family |= descendants(child.process.pid)
        if child.alive:
            child.kill()
        kill_all(family)
        child.let_go()
