"""One thing that `mailings doctor` looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """What was looked at. `ok` None = in order, but worth a look; False = something needed does not work."""

    what: str
    ok: bool | None
    note: str
