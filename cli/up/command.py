"""`mailings up`: one machine's whole installation in one terminal: Prefect's server, a worker, the web door."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from types import FrameType
from typing import Annotated

import typer
from rich.markup import escape

from cli.door import notes, screen
from cli.engine import named_api
from cli.listening import must_be_free
from cli.prefect_api import told
from cli.serving import refuse_demo_secret
from cli.setup import init
from cli.up.parts import Chosen
from cli.up.place import own_place
from cli.up.running import Running
from cli.up.shown import Shown
from mailings.errors import NotAllowed
from mailings.settings import settings

app = typer.Typer()

Host = Annotated[str, typer.Option(help="The address the web door listens on.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="The port of the web door.")]
PrefectHost = Annotated[str, typer.Option(help="The address Prefect's server listens on; anything but loopback is reached by others.")]
PrefectPort = Annotated[int, typer.Option(min=1, max=65535, help="The port of Prefect's server: its pages and its API.")]
Runs = Annotated[int, typer.Option(min=1, max=100, help="Runs at the same time on this machine; each takes about 160 MB.")]
NoDoor = Annotated[bool, typer.Option("--no-door", help="Leave the web door to another: mailings serve.")]


@app.command()
def up(
    *,
    port: Port = 8600,
    host: Host = "127.0.0.1",
    prefect_port: PrefectPort = 4200,
    prefect_host: PrefectHost = "127.0.0.1",
    runs: Runs = 6,
    no_door: NoDoor = False,
) -> None:
    """Run everything on this machine: Prefect's server, a worker, the web door, the sender of answers. Ends with Ctrl-C or SIGTERM.

    The first time it makes the database, the work pool and all deployments; later whatever an upgrade changed.
    """
    chosen = Chosen((prefect_host, prefect_port), None if no_door else (host, port), runs)
    _refuse(chosen)
    with own_place() as place:
        must_be_free(*chosen.prefect, "--prefect-port")
        if chosen.door:
            must_be_free(*chosen.door, "--port")
        init()
        with Shown(chosen, place, screen) as shown:
            running = Running(chosen, place, shown)
            with _stopping(running) as caught:
                try:
                    running.run()
                finally:
                    running.end()
    screen.print("Everything has ended; what was in hand is finished and written.", highlight=False)
    if signal.SIGINT in caught:
        raise typer.Exit(130)


def _refuse(chosen: Chosen) -> None:
    """Raises NotAllowed where another server is named, or the door would let strangers forge its links; warns of an open API."""
    named = named_api()
    if named and named.rstrip("/") != chosen.api:
        raise NotAllowed(
            f"Prefect's server at {named} is named already (PREFECT_API_URL, or a profile of Prefect's): unset it to keep one here,"
            " or start only a worker for that one: prefect worker start --pool mailings"
        )
    if not (told("PREFECT_SERVER_API_AUTH_STRING") + told("PREFECT_API_AUTH_STRING")).isascii():
        raise NotAllowed(
            "Prefect's server answers nobody with such a password: let PREFECT_SERVER_API_AUTH_STRING have ASCII letters only."
        )
    if chosen.door:
        refuse_demo_secret(settings(), chosen.door[0])
    if not _only_this_machine(chosen.prefect[0]) and not told("PREFECT_SERVER_API_AUTH_STRING"):
        warning = (
            f"Whoever reaches {chosen.prefect[0]}:{chosen.prefect[1]} may start and stop every mailing: set PREFECT_SERVER_API_AUTH_STRING"
            " (user:password) in .env, and put TLS before it."
        )
        notes.print(f"[yellow]![/] {escape(warning)}", soft_wrap=True, highlight=False)


def _only_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def _stopping(running: Running) -> Iterator[set[int]]:
    """The first Ctrl-C, SIGTERM or closed terminal stops, a second one hurries; yields what came."""
    caught: set[int] = set()

    def asked(number: int, _frame: FrameType | None) -> None:
        caught.add(number)
        (running.hurry if running.stop.is_set() else running.stop).set()

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
