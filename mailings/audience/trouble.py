"""Problems met along the way, collected, so that a person hears of all of them at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mailings.errors import MailingsError

T = TypeVar("T")


class Trouble:
    """What went wrong so far, a sentence each, none of them twice."""

    def __init__(self) -> None:
        self.met: list[str] = []

    def attempt(self, step: Callable[..., T], *given: object) -> T | None:
        """What `step` gives, or None when it raises one of our errors, which is then remembered."""
        try:
            return step(*given)
        except MailingsError as error:
            if str(error) not in self.met:
                self.met.append(str(error))
            return None
