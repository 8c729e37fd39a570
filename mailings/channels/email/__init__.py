"""E-mail: whom it reaches, what preflight must know, and a mailing compiled once for all its recipients."""

from __future__ import annotations

from mailings.channels.email.compiling import compile_mailing

__all__ = ["compile_mailing"]
