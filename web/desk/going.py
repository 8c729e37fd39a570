"""What one browser takes along when it goes to sign on elsewhere, and must bring back."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Going:
    """What one browser takes along: `state` comes back in the address, `nonce` in the token; `verifier` we send ourselves (PKCE)."""

    state: str
    nonce: str
    verifier: str = field(repr=False)
