"""What a stage is: a transport to be tried, and the far side that can be told what to do with whom."""

from __future__ import annotations

from abc import ABC, abstractmethod

from mailings.message import Transport


class Stage(ABC):
    """A transport and its far side. A far side that cannot do something says so by returning False."""

    transport: Transport
    refusal = "550 5.1.1"  #: the code with which it refuses

    @abstractmethod
    def carried(self) -> list[bytes]:
        """The messages on the far side."""

    @abstractmethod
    def unreachable(self) -> Transport:
        """A transport of the same kind whose far side cannot be reached."""

    def refuses(self, address: str) -> bool:
        """From now on this address is refused for good."""
        return False

    def stalls(self, address: str) -> bool:
        """From now on this address is to be tried later."""
        return False

    def loses(self, address: str) -> bool:
        """From now on a message for this address is taken, and the answer never comes."""
        return False

    def poisons(self, address: str) -> bool:
        """From now on any request that this address is in is refused as a whole."""
        return False

    def breaks_down(self) -> bool:
        """From now on nothing works any more, though it can be reached."""
        return False
