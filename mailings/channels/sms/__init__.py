"""Text messages: whom they reach, what preflight must know, and a mailing compiled once for all its recipients."""

from __future__ import annotations

from mailings.channels.sms.addressing import address_of
from mailings.channels.sms.checking import problems_of
from mailings.channels.sms.compiling import compile_mailing, compiled_of

__all__ = ["address_of", "compile_mailing", "compiled_of", "problems_of"]
