"""Signs messages so that receivers can tell who answers for them: DKIM (RFC 6376; Ed25519: RFC 8463), headers relaxed, body simple."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from mailings.clock import timestamp
from mailings.errors import Misconfigured

Key = RSAPrivateKey | Ed25519PrivateKey

SHORTEST = 1024  #: bits of an RSA key; receivers take shorter ones for none (RFC 8301, 3.2)
VARIABLE = "MAILINGS_SMTP_DKIM_KEY"

#: signed where a message has them. Gmail wants both List-* covered before it shows its own unsubscribe button (RFC 8058, 4)
SIGNED = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"mime-version", b"content-type", b"content-transfer-encoding",
    b"list-unsubscribe", b"list-unsubscribe-post", b"feedback-id",
)  # fmt: skip
#: named once more than they occur, so that nobody can add another and keep the signature (RFC 6376, 8.15)
OVERSIGNED = frozenset({b"from", b"to", b"subject", b"date", b"reply-to"})

_FIELDS = re.compile(rb"\r\n(?![ \t])")
_FROM = re.compile(rb"@([^\s<>@,;]+?)>?\s*\Z")


@dataclass(frozen=True)
class Signer:
    """One key under one selector. `domain` None = every message is signed for the domain of its From."""

    key: Key = field(repr=False)
    selector: str
    domain: str | None = None

    def signed(self, message: bytes) -> bytes:
        """`message` (CRLF, before dots are doubled) with its signature in front; as it is where its From is not of the key's domain."""
        end = message.find(b"\r\n\r\n")
        fields = _by_name(message[:end])
        domain = self.domain_for(fields.get(b"from", [b""])[-1])
        if domain is None:
            return message
        names, canonical = _chosen(fields)
        tags = (
            f"v=1; a={self._algorithm}; c=relaxed/simple; d={domain}; s={self.selector}; t={int(timestamp())};",
            f"h={b':'.join(names).decode('ascii')};",
            f"bh={_body_hash(message, end + 4)};",
            "b=",
        )
        signature = self._sign(b"\r\n".join([*canonical, b"dkim-signature:" + " ".join(tags).encode("ascii")]))
        return f"DKIM-Signature: {_folded(tags)}{_chunks(signature)}\r\n".encode("ascii") + message

    def domain_for(self, sender: bytes) -> str | None:
        """The domain that signs for a From (its value, or an address); None = not ours, for DMARC wants them alike (RFC 7489, 3.1.1)."""
        return _domain_for(sender, self.domain)

    @property
    def record(self) -> str:
        """The TXT record to be published at SELECTOR._domainkey.DOMAIN."""
        return f"v=DKIM1; k={self._kind}; p={_public(self.key)}"

    @property
    def _kind(self) -> str:
        return "rsa" if isinstance(self.key, RSAPrivateKey) else "ed25519"

    @property
    def _algorithm(self) -> str:
        return f"{self._kind}-sha256"

    def _sign(self, canonical: bytes) -> str:
        if isinstance(self.key, RSAPrivateKey):
            signature = self.key.sign(canonical, padding.PKCS1v15(), SHA256())
        else:
            signature = self.key.sign(sha256(canonical).digest())
        return b64encode(signature).decode("ascii")


def key_in(file: Path) -> Key:
    """The private key of a PEM file. Raises Misconfigured for anything but RSA of at least 1024 bits and Ed25519; never shows the file."""
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except OSError as error:
        raise Misconfigured(f"{VARIABLE}: {file} cannot be read ({(error.strerror or 'no reason given').lower()}).") from None
    except TypeError:
        raise Misconfigured(f"{VARIABLE}: {file} is locked with a password; store it without one, readable by this user alone.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise Misconfigured(f"{VARIABLE}: {file} holds no private key in PEM; make one with: openssl genrsa -out dkim.pem 2048") from None
    if isinstance(key, RSAPrivateKey):
        if key.key_size < SHORTEST:
            raise Misconfigured(
                f"{VARIABLE}: the RSA key has {key.key_size} bits; receivers want {SHORTEST} at least, and 2048 is usual: "
                "openssl genrsa -out dkim.pem 2048"
            )
        return key
    if isinstance(key, Ed25519PrivateKey):
        return key
    raise Misconfigured(f"{VARIABLE}: {file} holds a key that is neither RSA nor Ed25519; make one with: openssl genrsa -out dkim.pem 2048")


def _by_name(head: bytes) -> dict[bytes, list[bytes]]:
    """The values of each header, folded as they are; names in small letters."""
    fields: dict[bytes, list[bytes]] = {}
    for one in _FIELDS.split(head):
        name, _, value = one.partition(b":")
        fields.setdefault(name.rstrip().lower(), []).append(value)
    return fields


def _chosen(fields: dict[bytes, list[bytes]]) -> tuple[list[bytes], list[bytes]]:
    """The names of `h=`, and the headers they cover in relaxed form; of several of one name the last comes first (RFC 6376, 5.4.2)."""
    names: list[bytes] = []
    canonical: list[bytes] = []
    for name in SIGNED:
        values = fields.get(name, ())
        canonical += [name + b":" + b" ".join(value.split()) for value in reversed(values)]
        names += [name] * (len(values) + (name in OVERSIGNED))
    return names, canonical


def _body_hash(message: bytes, start: int) -> str:
    """Of the simple form: empty lines at the end are as none, and the last line ends (RFC 6376, 3.4.3)."""
    end = len(message)
    while end - 2 >= start and message.endswith(b"\r\n", start, end):
        end -= 2
    digest = sha256(memoryview(message)[start:end])
    digest.update(b"\r\n")
    return b64encode(digest.digest()).decode("ascii")


@lru_cache(maxsize=1024)  # a mailing has one From, or as many as we have contacts
def _domain_for(sender: bytes, ours: str | None) -> str | None:
    found = _FROM.search(sender)
    if found is None or not found[1].isascii():
        return None
    domain = found[1].decode("ascii").lower()
    if ours is None:
        return domain
    return ours if domain == ours or domain.endswith(f".{ours}") else None


def _public(key: Key) -> str:
    # RSA as SubjectPublicKeyInfo, Ed25519 as its 32 bytes (RFC 6376, 3.6.1; RFC 8463, 4)
    if isinstance(key, RSAPrivateKey):
        der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        der = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return b64encode(der).decode("ascii")


def _folded(tags: tuple[str, ...]) -> str:
    return "\r\n ".join(tags)


def _chunks(text: str) -> str:
    return "\r\n ".join(text[at : at + 72] for at in range(0, len(text), 72))
