"""What provisioning or deploying did to one thing on the server, as a value and in a sentence."""

from __future__ import annotations

from typing import Literal, NamedTuple

WORDS = {
    "made": "made",
    "kept": "there already",
    "updated": "brought up to date",
    "removed": "removed",
    "waiting": "waits",
    "stays": "stays as people set it",
}


class Made(NamedTuple):
    """One thing: a work pool, a variable, a deployment, a schedule, an automation. `why` where there is more to say."""

    kind: str
    name: str
    did: Literal["made", "kept", "updated", "removed", "waiting", "stays"]
    why: str = ""

    @property
    def sentence(self) -> str:
        """Such as: Work pool 'mailings': there already."""
        return f"{self.kind.capitalize()} {self.name!r}: {WORDS[self.did]}{': ' + self.why if self.why else ''}."
