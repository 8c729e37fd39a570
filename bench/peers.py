"""django-post-office on the same newsletter, the same people, the same kind of database and sink, in the same run as ours.

Interleaved: floor, theirs, ours, theirs, ours, floor; as many processes each. One JSON line for each number of processes. Its template is
ours in its language: the same loop, conditions and variables. It is spared three things: its addresses are signed beforehand and come
with the context, queueing is not counted, and the newsletter is without images. It is installed into an environment of its own, thrown away
at the end.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import orjson

from bench.floor import floor
from bench.newsletter import template_of, write_readers
from bench.running import CORES, Case, run
from bench.send import FLOOR_MESSAGES, numbers
from bench.world import DURABILITY, World, database_of, world
from tests.servers.sink import sink

WANTED = ("django-post-office==3.12.*", "django", "psycopg[binary]")
OFFICE = Path(__file__).parent / "peer" / "office.py"


@dataclass(frozen=True, slots=True)
class Peer:
    """The peer beside a world of ours: its Python, its environment, its files."""

    python: Path
    folder: Path
    environment: dict[str, str]

    def command(self, *words: str, port: int = 0) -> None:
        """One command of bench/peer/office.py."""
        done = subprocess.run(
            [self.python, OFFICE, *words],
            env=self.environment | {"PEER_SMTP_PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"django-post-office, {words[0]}: {done.stdout[-1000:]}{done.stderr[-2000:]}")

    def sent(self, processes: int) -> dict[str, Any]:
        """Queue the newsletter for everybody again, send it, and say what that took."""
        self.command("queue", str(self.folder / "recipients"))
        with sink() as server:
            self.command("send", str(processes), str(self.folder / "figures"), port=server.port)
        figures: dict[str, Any] = orjson.loads((self.folder / "figures").read_bytes())
        if figures["left"]:
            raise SystemExit(f"django-post-office did not send {figures['left']} of its messages.")
        return figures


def main() -> None:
    """Measure on each database asked for."""
    given = _options().parse_args()
    with tempfile.TemporaryDirectory(prefix="mailings-peer-") as temporary:
        python = installed(given.venv or Path(temporary) / "venv")
        for kind in ("sqlite", "postgres") if given.database == "both" else (given.database,):
            with world(kind, given.people, shape=given.shape) as made, peer(kind, python, rendered_before=given.rendered_before) as theirs:
                said = {"recipients": _prepared(made, theirs), "shape": given.shape, "rendered_before": given.rendered_before}
                size = len(made.message())
                for processes in given.processes:
                    print(orjson.dumps(measured(made, theirs, processes, size) | said).decode(), flush=True)


def _prepared(made: World, theirs: Peer) -> int:
    """Send ours once, so that both databases are warm and it is known who gets it; give the peer the same; how many get it."""
    name = made.mailing()
    run(made, name, Case())
    template = template_of(made, name)
    (theirs.folder / "template").write_bytes(orjson.dumps(template._asdict()))
    theirs.command("prepare", str(theirs.folder / "template"))
    return write_readers(made, template, theirs.folder / "recipients")


def measured(made: World, theirs: Peer, processes: int, size: int) -> dict[str, Any]:
    """One comparison, twice each."""
    floors, peers, ours = [floor(FLOOR_MESSAGES, size, processes=processes).per_second], [], []
    for _ in range(2):
        peers.append(theirs.sent(processes))
        ours.append(run(made, made.mailing(), Case(processes=processes)))
    floors.append(floor(FLOOR_MESSAGES, size, processes=processes).per_second)
    rates, theirs_rates = [one.per_second for one in ours], [one["sent"] / one["seconds"] for one in peers]
    return {
        "case": f"post-office-{made.kind}-{processes}",
        "processes": processes,
        "ratio": round(mean(rates) / mean(theirs_rates), 1),
        "ours_per_s": [round(r) for r in rates],
        "theirs_per_s": [round(r) for r in theirs_rates],
        "floor_per_s": [round(f) for f in floors],
        "ours_cpu_us": [one.figures()["cpu_us"] for one in ours],
        "theirs_cpu_us": [round(one["cpu_s"] / one["sent"] * 1e6) for one in peers],
        "ours_peak_rss_mb": [one.figures()["peak_rss_mb"] for one in ours],
        "theirs_peak_rss_mb": [[round(mb) for mb in one["peak_rss_mb"] if mb] for one in peers],
        "message_bytes": {"ours": size, "theirs": peers[0]["message_bytes"]},
        "durability": DURABILITY[made.kind],
        "cores": CORES,
    }


def installed(folder: Path) -> Path:
    """The Python of an environment with the peer in it, made in `folder` where there is none."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *WANTED], check=True)
    return python


@contextmanager
def peer(kind: str, python: Path, *, rendered_before: bool) -> Iterator[Peer]:
    """The peer with an empty database of its own, of that kind."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mailings-peer-")))
        url = stack.enter_context(database_of(kind, folder))
        where = ("PEER_SQLITE", str(folder / "peer.db")) if kind == "sqlite" else ("PEER_POSTGRES", url.split("@")[1].split("/")[0])
        environment = dict([where]) | {"PEER_LOCK": str(folder / "lock")} | ({"PEER_RENDERED_BEFORE": "1"} if rendered_before else {})
        yield Peer(python, folder, environment)


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=10_000)
    options.add_argument("--processes", type=numbers, default=[1, 2], help="e.g. 1,2")
    options.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    options.add_argument("--venv", type=Path, help="an environment with the peer in it, kept and used again; else a new one, thrown away")
    options.add_argument(
        "--shape",
        choices=["text", "one-line"],
        default="text",
        help="one-line = the HTML in one line, as minifiers leave it: Python must then encode it as quoted-printable",
    )
    options.add_argument("--rendered-before", action="store_true", help="the peer renders when queueing, which is not measured")
    return options


if __name__ == "__main__":
    main()
