"""Scripts an installation might register: MAILINGS_SCRIPTS names this module in tests."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mailings.content.scripts import Click, script

called: list[Click] = []
enough = threading.Event()  #: whoever takes its time may end


@script("hilse")
def greet(click: Click) -> str:
    """Remembers that it was called."""
    called.append(click)
    return f"hilste på {click.person}"


@script("stum")
def say_nothing(click: Click) -> None:
    """Says nothing."""
    called.append(click)


@script("feiler", destination=lambda _: 1 / 0)  # type: ignore[arg-type, return-value]
def fail(click: Click) -> str:
    """Fails."""
    called.append(click)
    raise ValueError("æsj")


@script("vise vei", destination=lambda click: f"https://fjord.test/{click.person or 'ukjent'}/{click.hits}")
def lead(click: Click) -> None:
    """Leads the reader elsewhere."""


@script("treg", destination=lambda _: "https://fjord.test/sent" if enough.wait(60) else None)
def dawdle(click: Click) -> None:
    """Takes its time to say where a reader is led: until it is enough."""


@script("usikker", destination=lambda _: "javascript:alert(1)")
def mislead(click: Click) -> None:
    """Leads where no reader may be led."""


def ended() -> None:
    """Wait until nobody is at it any more: each holds one of a few places."""
    for thread in threading.enumerate():
        if thread.name == "link-script":
            thread.join(60)
            assert not thread.is_alive()


meanwhile: list[Callable[[], object]] = []


@script("sen")
def take_time(click: Click) -> str:
    """Something else happens while it runs."""
    for happens in meanwhile:
        happens()
    return f"hilste på {click.person}"
