"""How long we wait for what, and what we say when it fails."""

from __future__ import annotations

import ssl
from enum import Enum

from mailings.errors import Misconfigured, TransportError, TryLater
from mailings.transports.smtp.conversation import Step


class Phase(Enum):
    """How far a line is."""

    CONNECTING = "connecting"
    SHAKING = "agreeing on TLS"
    TALKING = "the greeting"
    OPEN = "idle"


#: Shares of MAILINGS_SMTP_TIMEOUT. With 300 s they are RFC 5321, 4.5.3.2: 5 minutes a command, 2 for DATA, 10 for the end of the message.
SHARES: dict[Phase | Step, float] = {
    Phase.CONNECTING: 0.1,
    Phase.SHAKING: 0.1,
    Phase.TALKING: 1,
    Phase.OPEN: float("inf"),
    Step.MAIL: 1,
    Step.RCPT: 1,
    Step.DATA: 0.4,
    Step.END: 2,
    Step.RSET: 1,
}

#: And 3 minutes for each piece of the body to be taken.
PIECE = 0.6


def lost(server: str, during: Phase | Step, error: Exception) -> TransportError:
    """The sentence about a line to `server` that failed with `error`: TryLater, or Misconfigured where only a person can mend it."""
    why = (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error).rstrip(".")
    if during is Phase.CONNECTING:
        return TryLater(f"No mail server answers at {server} ({why}); start it, or check MAILINGS_SMTP_HOST and MAILINGS_SMTP_PORT.")
    if during is Phase.SHAKING and isinstance(error, ssl.SSLCertVerificationError):
        return Misconfigured(
            f"The certificate of {server} does not hold ({error.verify_message}); "
            "write MAILINGS_SMTP_HOST as the certificate does, or name its authority in MAILINGS_SMTP_CA_FILE."
        )
    if during is Phase.SHAKING and isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return Misconfigured(f"No TLS could be agreed on with {server} ({error.reason}); check MAILINGS_SMTP_PORT and MAILINGS_SMTP_TLS.")
    return TryLater(f"The connection to {server} was lost ({during.value}): {why}.")
