"""Letters: whom they reach by post, what preflight must know, and a mailing compiled once, from HTML or from Word."""

from __future__ import annotations

from mailings.channels.document.checking import problems_of
from mailings.channels.document.compiling import compile_mailing, compiled_of
from mailings.channels.document.postal import address_of

__all__ = ["address_of", "compile_mailing", "compiled_of", "problems_of"]
