"""Finds transports by the name of their file or package: the name is the only registration."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from mailings.errors import Misconfigured
from mailings.message import Transport

PACKAGE = "mailings.transports"


def transport_names() -> list[str]:
    """Every transport there is, by name. Names with an underscore in front register nothing."""
    package = import_module(PACKAGE)
    return sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))


def transport_class(name: str) -> type[Transport]:
    """The Transport in the file `name`. Raises Misconfigured when there is none, naming those there are."""
    if name not in transport_names():
        raise Misconfigured(f"There is no transport named {name!r}; choose one of {', '.join(transport_names())}.")
    module = import_module(f"{PACKAGE}.{name}")
    found = [
        c for c in vars(module).values() if isinstance(c, type) and issubclass(c, Transport) and c.__module__.startswith(module.__name__)
    ]
    if len(found) != 1:
        raise Misconfigured(f"mailings/transports/{name} must hold exactly one Transport; it holds {len(found)}.")
    return found[0]
