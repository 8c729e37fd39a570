"""`mailings serve`: the web door in one process, which ends gracefully and loses nothing it has acknowledged."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer
from rich.markup import escape

from cli.door import database, screen
from cli.listening import listening_on
from mailings.errors import NotAllowed
from mailings.settings import Settings, settings

if TYPE_CHECKING:
    from web.serving import Server

app = typer.Typer()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on; anything but loopback is reached without your proxy.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8600,
    unix_socket: Annotated[Path | None, typer.Option(help="Listen on this Unix socket instead.")] = None,
    access_log: Annotated[bool, typer.Option("--access-log", help="A line for each request, without tokens and addresses.")] = False,
) -> None:
    """Serve the public pages: clicks, opens, unsubscribing, preferences, webhooks. Ends with Ctrl-C or SIGTERM."""
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
        raise NotAllowed(
            "The door is not opened to others while MAILINGS_SECRET is the demo's, for anybody could forge its links; "
            'make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"'
        )


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _tell(listener: socket.socket, chosen: Settings) -> None:
    name = listener.getsockname()
    where = name if isinstance(name, str) else f"http://[{name[0]}]:{name[1]}" if ":" in name[0] else f"http://{name[0]}:{name[1]}"
    screen.print(f"[green]✓[/] Listening on {escape(where)}; readers come by {escape(chosen.public_url)}", soft_wrap=True, highlight=False)


def _end(server: Server) -> None:
    if signal.SIGINT in server.ended_by:
        raise typer.Exit(130)
