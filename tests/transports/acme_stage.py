"""The stage of Acme, the transport that stands as an example on docs/how-to/add-a-transport.md: its double, and the page's own lines."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType

from mailings.message import Transport
from tests.doubles.acme import Double, acme
from tests.doubles.saying import Says
from tests.house.tree import ROOT
from tests.servers.mailbox import nobody_listens
from tests.transports.stage import Stage

PAGE = ROOT / "docs/how-to/add-a-transport.md"


@cache
def paged() -> ModuleType:
    """The file that the page shows, as a module. A transport of one's own is imported instead."""
    (source,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    module = sys.modules["acme"] = ModuleType("acme")  # pydantic looks there for the names in annotations
    exec(compile(source, "acme.py", "exec"), vars(module))
    return module


class OnAcme(Stage):
    """Acme's double, which answers for each message."""

    refusal, delay = "no_such_mailbox", "mailbox_busy"

    def __init__(self, double: Double) -> None:
        self.double = double
        self.transport: Transport = paged().Acme(paged().Settings(**double.facts()))

    def carried(self) -> list[bytes]:
        """What the far side has."""
        return [f"{taken['subject']}\n{taken['text']}\n{taken['html']}".encode() for taken in list(self.double.taken)]

    def unreachable(self) -> Transport:
        """One whose far side is not there."""
        facts = self.double.facts() | {"host": f"http://127.0.0.1:{nobody_listens()}"}
        made: Transport = paged().Acme(paged().Settings(**facts))
        return made

    def refuses(self, address: str) -> bool:
        """Refused for good."""
        self.double.told[address] = {"result": "rejected", "code": self.refusal, "detail": "User unknown"}
        return True

    def stalls(self, address: str) -> bool:
        """Refused for now."""
        self.double.told[address] = {"result": "later", "code": self.delay, "detail": "Somebody else is writing to it"}
        return True

    def breaks_down(self) -> bool:
        """The key is taken back."""
        self.double.always = Says(401, b"{}")
        return True


@contextmanager
def on_acme(_path: Path) -> Iterator[Stage]:
    """Acme, and the lines that carry to it."""
    with acme() as double:
        stage = OnAcme(double)
        yield stage
        stage.transport.close()
