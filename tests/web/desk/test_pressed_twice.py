"""A round of everything at the desk in which every button is pressed by three at once: each is answered, none with an error of ours."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from mailings.db import Database
from mailings.model import Role
from mailings.transports.memory import Memory
from tests.web.desk.fitting import FIT
from tests.web.desk.seated import Seat, seated
from tests.web.desk.test_details import filled, following, memory, planning, with_people

__all__ = ["memory"]  # a fixture


class Threefold:
    """Whoever presses here presses three times at once. `answers` = path -> what they were answered."""

    def __init__(self, *seats: Seat) -> None:
        self.seats, self.answers = seats, dict[str, list[int]]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.seats[0], name)

    def press(self, path: str, **fields: Any) -> None:
        """The form, sent from every seat in the same moment."""
        with ThreadPoolExecutor(len(self.seats)) as together:
            codes = together.map(lambda seat: seat.press(path, **fields).status_code, self.seats)
            self.answers.setdefault(path, []).extend(map(int, codes))


def test_no_button_is_pressed_too_often(any_db: Database, memory: Memory) -> None:
    """Planning, people, consent, groups, lists, recipients, bounces, links, users: a page or a sentence for each, never a failure."""
    number, address, ids = filled(any_db)
    roles = (Role.ADMIN, Role.SENDER)
    with seated(any_db, *roles, **FIT) as one, seated(any_db, **FIT) as two, seated(any_db, **FIT) as three:
        threefold = Threefold(one, two, three)
        seat = cast(Seat, threefold)
        planning(seat)
        with_people(seat, number, address)
        following(seat, ids)
    assert len(threefold.answers) > 25
    assert {path: codes for path, codes in threefold.answers.items() if max(codes) >= 500} == {}
