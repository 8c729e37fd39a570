"""Keys for tests of DKIM, made anew in each run, and the DNS that would publish them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import dkim
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailings.transports.smtp.dkim import Key, Signer


@lru_cache(maxsize=4)
def rsa_key(bits: int = 2048) -> Key:
    """An RSA key, the same all through a run: making one takes a tenth of a second."""
    return rsa.generate_private_key(65537, bits)


@lru_cache(maxsize=1)
def ed_key() -> Key:
    """An Ed25519 key."""
    return ed25519.Ed25519PrivateKey.generate()


def written(key: Key, file: Path) -> Path:
    """The key as a PEM file that this user alone may read."""
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    file.chmod(0o600)
    return file


def published(signer: Signer, domain: str) -> Callable[..., bytes]:
    """The TXT look-up of a DNS that holds this signer's record for `domain` and nothing else."""
    name = f"{signer.selector}._domainkey.{domain}."
    return lambda asked, timeout=5: signer.record.encode("ascii") if asked.decode("ascii") == name else b""


def holds(signer: Signer, message: bytes, domain: str = "acme.test") -> bool:
    """Whether dkimpy, who knows nothing of us, finds the signature valid."""
    return bool(dkim.verify(message, dnsfunc=published(signer, domain)))
