"""An independent reading of what a message must say: Jinja2's own render, then html.parser finds each link and `tokens` replaces it."""

from __future__ import annotations

import re
from html import escape, unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

from mailings.content.compiling import Content, Sources
from mailings.content.environment import sandbox
from mailings.content.linking import BASE
from mailings.content.links import LinkTable, Utm
from mailings.content.quoting import Encoding
from mailings.tokens import Kind, Tokens, dynamic_address

PUBLIC = "https://post.test"
TOKENS = Tokens("a-secret-of-the-tests")
DELIVERY = 4711
BASE_ADDRESS = f"{PUBLIC}/c/{TOKENS.sign(Kind.CLICK, DELIVERY)}/"
OWN = tuple(f"{PUBLIC}/{kind.value}/" for kind in Kind)
UNSUBSCRIBE = f"{PUBLIC}/u/{TOKENS.sign(Kind.UNSUBSCRIBE, DELIVERY)}"
OFFER = "https://acme.test/offer"
#: an attribute as html.parser reads it (its `attrfind_tolerant`): name, and the span of its value
ATTRIBUTE = re.compile(r"""((?<=['"\s/])[^\s/>][^\s/=>]*)(\s*=+\s*('[^']*'|"[^"]*"|(?!['"])[^>\s]*))?(?:\s|/(?!>))*""")


def table(track: str = "all", utm: Utm = Utm()) -> LinkTable:  # noqa: B008  frozen
    """A link table with one registered link, `offer`."""
    return LinkTable({OFFER: 1}, {"offer": 1}, {"offer": OFFER}, track, utm, OWN)


def content(html: str, links: LinkTable, text: str = "text", subject: str = "subject") -> Content:
    """A mailing's content around `html`, nothing added to it."""
    return Content(Sources(subject, html, text), links, lambda payload, url: dynamic_address(PUBLIC, TOKENS, payload, url))


def compiled(made: Content, values: dict[str, Any], encoding: Encoding, part: str = "html") -> str:
    """What the skeleton of `part` says for one recipient, still encoded. `values` = variable -> value, e.g. customer.name."""
    skeleton = made.skeleton(encoding)
    named = {made.used.names[path]: value for path, value in values.items() if path in made.used.names}
    named |= {name: BASE_ADDRESS + "1" if link == "offer" else UNSUBSCRIBE for link, name in made.links().items()}
    named |= {"_delivery": DELIVERY, "_link": BASE_ADDRESS, BASE: encoding.piece(BASE_ADDRESS)}
    slots = [*skeleton.slots(named), named[BASE]]
    return "".join(piece if isinstance(piece, str) else slots[piece] for piece in skeleton.pieces[part])


def rendered(source: str, values: dict[str, Any], *, html: bool = True) -> str:
    """Jinja2's own render of `source`, with objects and attributes as people write them."""
    environment = sandbox()
    environment.autoescape = html
    roots: dict[str, Any] = {"link": {"offer": BASE_ADDRESS + "1", "unsubscribe": UNSUBSCRIBE}, "InEmailClient": 1}
    for path, value in values.items():
        root, _, name = path.partition(".")
        roots.setdefault(root, {})[name] = value
    return environment.from_string(source).render(roots)


def with_links(html: str, links: LinkTable) -> str:
    """`html` with every address of a link replaced as the link table says."""
    finder = _Finder(links)
    finder.read(html)
    for start, end, text in reversed(finder.changes):
        html = html[:start] + text + html[end:]
    return html


class _Finder(HTMLParser):
    def __init__(self, links: LinkTable) -> None:
        super().__init__(convert_charrefs=True)
        self.links, self.changes, self.lines = links, [], [0]

    def read(self, html: str) -> None:
        for line in html.split("\n"):
            self.lines.append(self.lines[-1] + len(line) + 1)
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, column = self.getpos()
        begin, raw = self.lines[line - 1] + column, self.get_starttag_text() or ""
        if tag not in ("a", "area"):
            return
        for found in ATTRIBUTE.finditer(raw, len(tag) + 1):
            if found[1].lower() == "href" and found[3] is not None:
                start, end = found.span(3)
                if found[3][:1] in ("'", '"'):
                    start, end = start + 1, end - 1
                self._replace(begin + start, begin + end, raw[start:end])

    def _replace(self, start: int, end: int, raw: str) -> None:
        url = unescape(raw).strip()
        if self.links.track == "none" or not re.match(r"https?://[^/?#\s]", url, re.IGNORECASE) or url.startswith(OWN):
            return
        target = self._target(url)
        number = self.links.numbers.get(target)
        if number is not None:
            self.changes.append((start, end, f"{BASE_ADDRESS}{number}"))
        elif self.links.track == "all":
            signed = TOKENS.sign(Kind.DYNAMIC, DELIVERY, target)
            self.changes.append((start, end, escape(f"{PUBLIC}/d/{signed}?u={quote(target, safe='')}")))

    def _target(self, url: str) -> str:
        return self.links.target(url)
