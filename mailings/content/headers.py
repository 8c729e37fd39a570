"""Header lines: words in any language (RFC 2047), mailboxes, folding; a value can never begin a header of its own."""

from __future__ import annotations

import re
from binascii import b2a_base64

from mailings.errors import Unreadable

FOLD = "\r\n "
LINE = 76
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"  # RFC 5322 3.2.3
_ATOMS = re.compile(rf"{_ATOM}( {_ATOM})*")
_ADDRESS = re.compile(rf"""({_ATOM}(\.{_ATOM})*|"[ !#-\[\]-~]+")@([A-Za-z0-9.-]+|\[[0-9A-Fa-f.:]+\])""")


def clean(text: str) -> str:
    """`text` on one line: line ends and other control characters become a space, spaces at the ends go."""
    return (_CONTROL.sub(" ", text) if not text.isprintable() else text).strip()


def unstructured(name: str, text: str) -> str:
    """A header line of free text, such as a subject, without its last CRLF."""
    text = clean(text)
    if text.isascii() and "=?" not in text:
        if len(name) + 2 + len(text) <= LINE:
            return f"{name}: {text}"
        if "  " not in text and max(map(len, text.split(" "))) < LINE:
            return _folded(name, text)
    return f"{name}: {encoded_words(text, len(name) + 2)}"


def mailbox(name: str, address: str) -> str:
    """`name <address>` for a From, To or Reply-To. Raises Unreadable for an address that cannot stand in a header."""
    if not _ADDRESS.fullmatch(address):
        raise Unreadable(f"{clean(address)!r} cannot stand in a message's header; it needs an address in plain ASCII.")
    name = " ".join(clean(name).split())
    if not name:
        return address
    if "=?" not in name and len(name) < LINE:
        if _ATOMS.fullmatch(name):
            return f"{name}{_between(name, address)}<{address}>"
        if name.isascii():
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{quoted}"{_between(quoted, address)}<{address}>'
    return f"{encoded_words(name, 12)}{FOLD}<{address}>"


def encoded_words(text: str, first: int) -> str:
    """`text` as base64 words of RFC 2047, each at most 75 characters; `first` = columns taken on the first line."""
    words, chunk = [], ""
    room = min(45, 3 * ((LINE - 12 - first) // 4))  # bytes: a word has 12 characters around it, 4 of base64 for 3 bytes
    if 4 * len(text) <= room or len(text.encode("utf-8", "replace")) <= room:
        return _word(text)
    for character in text:
        if len((chunk + character).encode("utf-8", "replace")) > room:
            words.append(chunk)
            chunk, room = "", 45
        chunk += character
    return FOLD.join(map(_word, [*words, chunk]))


def _word(text: str) -> str:
    return f"=?utf-8?b?{b2a_base64(text.encode('utf-8', 'replace'), newline=False).decode('ascii')}?="


def _between(name: str, address: str) -> str:
    return " " if len(name) + len(address) < LINE - 16 else FOLD


def _folded(name: str, text: str) -> str:
    lines = [f"{name}:"]
    for word in text.split(" "):
        if len(lines[-1]) + 1 + len(word) > LINE and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += " " + word
    return "\r\n".join(lines)
