"""Scripts that links run: Python callables an installation registers, found by name; never code from the database (domain.md D24)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import TypeVar

from mailings.errors import Misconfigured, NotFound
from mailings.readable import counted

AT_ONCE = 8  # calls that may run at the same moment; a script that never ends holds up no more than its place


@dataclass(frozen=True, slots=True)
class Click:
    """What a script is told (domain.md E.3). `person` = the key in the table of people, None where we do not know the reader."""

    link: str
    url: str
    mailing: str
    person: int | None
    hits: int  # clicks of this reader on this link, this one among them; machines' not counted
    first: bool


Script = Callable[[Click], str | None]  #: returns a sentence on what it did, or nothing


@dataclass(frozen=True, slots=True)
class Registered:
    """A script, and the function that may say where its reader is led instead."""

    run: Script
    destination: Script | None = None


_registered: dict[str, Registered] = {}
_places = threading.BoundedSemaphore(AT_ONCE)
T = TypeVar("T")


def script(name: str, *, destination: Script | None = None) -> Callable[[Script], Script]:
    """Register the function below under `name`. `destination` is asked during the click and returns an address, or None."""

    def register(function: Script) -> Script:
        _registered[name] = Registered(function, destination)
        return function

    return register


def scripts(modules: str) -> Mapping[str, Registered]:
    """Every script of the modules that MAILINGS_SCRIPTS names. Raises Misconfigured for a module that cannot be imported."""
    _imported(modules)
    return _registered


def script_named(name: str, modules: str) -> Registered:
    """The script of that name. Raises NotFound, Misconfigured."""
    found = scripts(modules).get(name)
    if found is None:
        raise NotFound(f"There is no script named {name!r}; name the module that registers it in MAILINGS_SCRIPTS.")
    return found


@lru_cache(maxsize=8)
def _imported(modules: str) -> None:
    for module in filter(None, (part.strip() for part in modules.split(","))):
        try:
            import_module(module)
        except Exception as error:
            raise Misconfigured(f"MAILINGS_SCRIPTS names {module}, which cannot be imported: {type(error).__name__}: {error}.") from error


def within(seconds: float, call: Callable[[], T]) -> T:
    """What `call` returns. Raises what it raises, and TimeoutError when it takes longer or too many others are still at it.

    A thread cannot be stopped: a call that takes too long goes on by itself, unheard.
    """
    if not _places.acquire(blocking=False):
        raise TimeoutError(f"{AT_ONCE} scripts are running already")
    heard: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            heard.append(call())
        except BaseException as error:
            failed.append(error)
        finally:
            _places.release()

    thread = threading.Thread(target=run, name="link-script", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not heard:
        raise TimeoutError(f"it took longer than {counted(seconds, 'second')}")
    return heard[0]
