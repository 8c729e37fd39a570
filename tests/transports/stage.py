"""What a stage is: a transport to be tried, and the far side that can be told what to do with whom."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from mailings.message import Message, Offer, Transport
from tests.transports import letters


class Stage(ABC):
    """A transport and its far side. A far side that cannot do something says so by returning False."""

    transport: Transport
    refusal = "550 5.1.1"  #: the code with which it refuses
    delay = "451 4.7.1"  #: the code with which it asks to try later
    channel = "email"  #: the form of what it is given

    def offer(self, delivery: int, address: str | None = None, message: Message | None = None) -> Offer:
        """One offer in the form of the channel."""
        return letters.offer(delivery, address, message or letters.Written(channel=self.channel))

    def offers(self, count: int) -> Iterator[Offer]:
        """So many of them, numbered from 1."""
        return (self.offer(number) for number in range(1, count + 1))

    def broken(self) -> Message:
        """A message that cannot be put together."""
        return letters.Broken(self.channel)

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
