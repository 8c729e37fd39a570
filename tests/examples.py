"""How many examples a law is tried with: a third of them by `make test`, all of them by `make slow`."""

from __future__ import annotations

import os

#: the Makefile says so; whoever calls pytest has them all
SOME = os.environ.get("EXAMPLES") == "some"


def tried(examples: int) -> int:
    """How many of the examples a law is worth are tried now."""
    return max(examples // 3, 5) if SOME else examples
