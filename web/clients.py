"""Who asks: the address of the client itself, seen through the proxies an installation trusts."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

from mailings.errors import Unreadable


class Clients:
    """Reads `X-Forwarded-For` only when a trusted proxy brings it: `trusted` are addresses and networks, parted by commas.

    Raises Unreadable naming MAILINGS_TRUSTED_PROXIES for what is neither.
    """

    def __init__(self, trusted: str) -> None:
        try:
            self._trusted = [ip_network(part.strip(), strict=False) for part in trusted.split(",") if part.strip()]
        except ValueError as error:
            raise Unreadable(f"MAILINGS_TRUSTED_PROXIES cannot be read: {error}; write addresses and networks, parted by commas.") from None
        self._trusts = lru_cache(maxsize=4096)(self._looked_up)  # parsing an address takes 2 us, and the same ones come again

    def of(self, scope: Scope) -> str:
        """The right-most address that is no trusted proxy's; empty when only this machine's own proxies had a part in the request.

        Whatever a stranger writes into the header stands left of what the proxy in front of us adds, so it is never believed.
        """
        peer = scope.get("client")
        here = peer[0] if peer else ""  # a Unix socket has no addresses: who may open it is decided by the file's mode
        if here and not self._trusts(here):
            return plain(here)
        forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        for part in reversed(b",".join(forwarded).decode("latin-1").split(",")):
            address = plain(part)
            if not address:
                break
            if not self._trusts(address):
                return address
        return ""

    def _looked_up(self, address: str) -> bool:
        try:
            found = ip_address(plain(address))
        except ValueError:
            return False
        return any(found in network for network in self._trusted)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """An address as Python writes it, without port, brackets and zone; empty for what is none. IPv4 in IPv6 becomes IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)


@lru_cache(maxsize=4096)
def counted_as(address: str) -> str:
    """What limits are counted by: the address, of IPv6 its network of 64 bits, for one subscriber has all of that."""
    found: IPv4Address | IPv6Address = ip_address(address)
    return str(IPv6Network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address
