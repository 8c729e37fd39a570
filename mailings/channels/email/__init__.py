"""E-mail: whom it reaches, what preflight must know, and a mailing compiled once for all its recipients."""

from __future__ import annotations

from mailings.channels.email.addressing import address_of
from mailings.channels.email.checking import problems_of
from mailings.channels.email.compiling import compile_mailing, compiled_of
from mailings.channels.email.previewing import preview, sample

__all__ = ["address_of", "compile_mailing", "compiled_of", "preview", "problems_of", "sample"]
