"""`mailings serve`: the web door in one process, which ends gracefully and loses nothing it has acknowledged."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer
from rich.markup import escape

from cli.door import database, notes, screen
from cli.listening import listening_on
from mailings.errors import MailingsError, NotAllowed
from mailings.plugins import transport_class
from mailings.settings import Settings, settings

if TYPE_CHECKING:
    from web.serving import Server

app = typer.Typer()

MAKE = 'make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"'


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on; anything but loopback is reached without your proxy.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8600,
    unix_socket: Annotated[Path | None, typer.Option(help="Listen on this Unix socket instead.")] = None,
    access_log: Annotated[bool, typer.Option("--access-log", help="A line for each request, without tokens and addresses.")] = False,
) -> None:
    """Serve the public pages: clicks, opens, unsubscribing, preferences, webhooks. Ends with Ctrl-C or SIGTERM.

    Links in messages lead to MAILINGS_PUBLIC_URL, which must end here: at this address, or at a proxy that passes on to it.
    """
    chosen = settings()
    refuse_demo_secret(chosen, None if unix_socket else host)
    found = database()
    from web.app import make_app  # noqa: PLC0415  half a second that --help need not wait for
    from web.serving import Server  # noqa: PLC0415  see above

    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.ERROR)  # it warns of every request that is none: strangers would fill the disk
    logging.getLogger("mailings.web").setLevel(logging.INFO if access_log else logging.WARNING)
    door = make_app(found, chosen)
    with listening_on(unix_socket or (host, port)) as listener:
        server = Server(door, lambda: _tell(listener, chosen))
        server.run([listener])
    _end(server)


def refuse_demo_secret(chosen: Settings, host: str | None) -> None:
    """Raises NotAllowed while the secret is everybody's and strangers could come; `host` None = a socket, behind which is a proxy."""
    strangers = host is None or not _loopback(host) or not _loopback(urlsplit(chosen.public_url).hostname or "")
    if chosen.demo_secret and strangers:
        raise NotAllowed("The door is not opened to others while MAILINGS_SECRET is the demo's, for anybody could forge its links; " + MAKE)


def warnings(chosen: Settings) -> Iterator[str]:
    """What a person should see to though the door opens, one sentence each."""
    if chosen.demo_secret:
        yield f"MAILINGS_SECRET is the demo's: anybody on this machine could forge links. Before mail leaves it, {MAKE}"
    for name in dict.fromkeys((chosen.email_transport, chosen.sms_transport)):
        with suppress(MailingsError):  # a transport that is set wrongly is told where it is used
            if transport_class(name).reporting:
                yield from transport_class(name).configured().remarks()


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _tell(listener: socket.socket, chosen: Settings) -> None:
    name = listener.getsockname()
    where = name if isinstance(name, str) else f"http://[{name[0]}]:{name[1]}" if ":" in name[0] else f"http://{name[0]}:{name[1]}"
    screen.print(f"[green]✓[/] Listening on {escape(where)}; readers come by {escape(chosen.public_url)}", soft_wrap=True, highlight=False)
    if elsewhere(where, chosen.public_url):
        sentence = f"Links in messages lead to {chosen.public_url}, this door listens on {where}; set MAILINGS_PUBLIC_URL or --port."
        screen.print(escape(sentence), soft_wrap=True, highlight=False)
    for sentence in warnings(chosen):
        notes.print(f"[yellow]![/] {escape(sentence)}", soft_wrap=True, highlight=False)


def elsewhere(where: str, public_url: str) -> bool:
    """True when both are addresses of this machine, and yet not the same: a link would find nobody."""
    here, links = urlsplit(where), urlsplit(public_url)
    if not (_loopback(here.hostname or "") and _loopback(links.hostname or "")):
        return False
    same_host = links.hostname in (here.hostname, "localhost")
    return not same_host or here.port != (links.port or (443 if links.scheme == "https" else 80))


def _end(server: Server) -> None:
    screen.print("The door is closed; what had begun is done and written.", highlight=False)
    if signal.SIGINT in server.ended_by:
        raise typer.Exit(130)
