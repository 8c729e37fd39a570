"""The headers of every answer: what a browser may do with it, and that nobody keeps or passes on the address."""

from __future__ import annotations

from collections.abc import Iterable

Header = tuple[bytes, bytes]

#: no script, no frame, nothing from elsewhere; forms go to the token's own address only
POLICY = b"default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
YEAR = 365 * 24 * 3600

ALWAYS: list[Header] = [
    (b"content-security-policy", POLICY),
    (b"referrer-policy", b"no-referrer"),  # the address is the key: the page it leads to must not learn it
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),  # browsers that do not know frame-ancestors
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), browsing-topics=()"),
    (b"x-robots-tag", b"noindex, nofollow"),
    (b"cache-control", b"no-store"),
]


class Headers:
    """What is added to an answer. With a public address of https browsers are told to come by https only."""

    def __init__(self, public_url: str) -> None:
        secure = [(b"strict-transport-security", b"max-age=%d" % YEAR)] if public_url.lower().startswith("https://") else []
        self._ours = ALWAYS + secure

    def beside(self, given: Iterable[Header]) -> list[Header]:
        """The headers a page has given, and ours wherever it has not set its own: the pixel is for other sites, a mail has pictures.

        One that is given empty is left out: a form that others may show in a frame must not be refused to them.
        """
        headers = list(given)
        names = {name.lower() for name, _ in headers}
        return [header for header in headers if header[1]] + [header for header in self._ours if header[0] not in names]
