"""Files that are written for people: whole or not at all, whatever happens on the way."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mailings.errors import NotAllowed


@contextmanager
def written(path: Path, by: str, *, private: bool = False) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path` when the block is done; what stood there stays until then. `private`: its owner alone reads it,
    whatever the umask; a person who names a place has chosen it with a umask, a flow's worker has not.

    Raises NotAllowed naming what chooses the place, `by`, where nothing can be written: an option, a setting. A full disk stays an OSError.
    """
    if path.exists() and not path.is_file():
        with _opened(path, by) as device:
            yield device
        return
    try:
        file = tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115  closed below
    except OSError as error:
        raise NotAllowed(f"{path} cannot be written: {error.strerror}; choose another place with {by}.") from error
    begun = Path(file.name)
    try:
        with file:
            yield file
        if not private:  # it is made so
            begun.chmod(0o666 & ~_umask())
        _put(begun, path, by)
    finally:
        begun.unlink(missing_ok=True)


def _opened(path: Path, by: str) -> IO[bytes]:
    """What is no file, a pipe or /dev/stdout say, is written to: taking its place would take it away from everybody."""
    try:
        return path.open("wb")
    except OSError as error:
        raise NotAllowed(f"{path} cannot be written: {error.strerror}; choose another place with {by}.") from error


def _put(begun: Path, path: Path, by: str) -> None:
    try:
        begun.replace(path)
    except OSError as error:
        raise NotAllowed(f"{path} cannot be written: {error.strerror}; choose another place with {by}.") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
