"""How the pages look: the style sheet and the logo, under names that change with what is in them, so that they may be kept for good."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from mailings.errors import Unreadable

SCRIPT = "text/javascript; charset=utf-8"
HERE = Path(__file__).parent
LOGOS = {"logo.svg": "image/svg+xml", "logo.png": "image/png", "logo.jpg": "image/jpeg"}

Static = dict[str, tuple[bytes, str]]  #: name in the address -> content and its type


class Looks:
    """`files` by their names in addresses; `name_of` what they are called by. `folder`/style.css is added to ours, its logo is shown."""

    def __init__(self, folder: Path | None = None) -> None:
        self.files: Static = {}
        self._names: dict[str, str] = {}
        if folder is not None and not folder.is_dir():
            raise Unreadable(f"MAILINGS_PAGES names {folder}, which is no folder.")
        own = folder / "style.css" if folder else None
        sheets = [HERE / "style.css", HERE / "form.css", *([own] if own is not None and own.exists() else [])]
        self._keep("style.css", b"\n".join(sheet.read_bytes() for sheet in sheets), "text/css; charset=utf-8")
        self._keep("form.js", (HERE / "form.js").read_bytes(), SCRIPT)
        logos = [folder / name for name in LOGOS if (folder / name).exists()] if folder else []
        if logos:
            self._keep("logo", logos[0].read_bytes(), LOGOS[logos[0].name])

    def name_of(self, name: str) -> str | None:
        """The name `name` (style.css, logo) has in addresses; None where there is no such file."""
        return self._names.get(name)

    def _keep(self, name: str, content: bytes, content_type: str) -> None:
        stem, _, ending = name.partition(".")
        hashed = f"{stem}-{sha256(content).hexdigest()[:12]}" + (f".{ending}" if ending else "")
        self._names[name], self.files[hashed] = hashed, (content, content_type)
