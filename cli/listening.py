"""Opens what the web door listens on: a port or a Unix socket, or one sentence on why not."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mailings.errors import NotAllowed, Unreadable

BACKLOG = 2048  # connections the system holds for us, while we are busy
MODE = 0o660  # owner and group: the proxy's user is put into the group


@contextmanager
def listening_on(place: Path | tuple[str, int]) -> Iterator[socket.socket]:
    """A listening socket at a path, or at host and port; closed, and the path removed, at the end.

    Raises NotAllowed where somebody listens already or we may not, Unreadable for a host there is not.
    """
    listener = _at_path(place) if isinstance(place, Path) else _at_port(*place, "--port")
    try:
        yield listener
    finally:
        listener.close()
        if isinstance(place, Path):
            place.unlink(missing_ok=True)


def must_be_free(host: str, port: int, option: str) -> None:
    """Raises NotAllowed, naming the option that chooses another, where nothing could listen at that port now."""
    _at_port(host, port, option).close()


def _at_port(host: str, port: int, option: str) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (socket.gaierror, UnicodeError):
        raise Unreadable(
            f"There is no address {host} on this machine to listen on; {option.replace('port', 'host')} takes 127.0.0.1, ::1 or 0.0.0.0."
        ) from None
    try:
        return socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as error:
        raise NotAllowed(_why_not(error, f"Port {port} of {host}", option)) from None


def _at_path(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    try:
        _clear(path)
        listener.bind(str(path))
        path.chmod(MODE)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise NotAllowed(_why_not(error, f"The socket {path}", "--unix-socket")) from None
    return listener


def _clear(path: Path) -> None:
    """Remove the socket of a process that is gone; one that answers, or any other file, is left alone."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2)
        with suppress(ConnectionRefusedError):
            probe.connect(str(path))
            return
    path.unlink()


def _why_not(error: OSError, place: str, option: str) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"{place} is taken; end what listens there, or choose another with {option}."
        case errno.EACCES | errno.EPERM:
            return f"{place} may not be used by this user; choose another with {option}."
        case _:
            return f"{place} cannot be listened on: {error.strerror or error}; choose another with {option}."
