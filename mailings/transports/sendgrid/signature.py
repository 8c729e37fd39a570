"""Whether a request to the webhook is SendGrid's own: its signature over the very bytes it sent."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mailings import clock
from mailings.errors import Misconfigured, Untrusted

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
OLDEST = 25 * 3600.0  # seconds; SendGrid repeats itself for 24 h, and nobody knows whether it then signs anew (sendgrid.md 5)
NEWEST = 3600.0  # how far another clock may be ahead of ours

NO_KEY = (
    "MAILINGS_SENDGRID_WEBHOOK_KEY is not set, so nothing that SendGrid reports can be believed; "
    "copy the verification key of the signed event webhook from app.sendgrid.com, Settings, Mail Settings."
)
BAD_KEY = (
    "MAILINGS_SENDGRID_WEBHOOK_KEY is no verification key as SendGrid shows it (base64, beginning with MFkw; several with a blank between)."
)


def check(headers: Mapping[str, str], body: bytes, keys: str) -> None:
    """Nothing when one of `keys` (base64 DER, blanks between: the old one and the new one) signed timestamp and body.

    Header names in small letters. Raises Untrusted, for what is older than 25 hours too; Misconfigured where there is no key or one that
    is none. By cryptography and not by the SDK, whose check re-encodes the body and raises on rubbish where it should say no.
    """
    known = _keys(keys)
    stamp = headers.get(TIMESTAMP, "")
    try:
        signature, signed = b64decode(headers.get(SIGNATURE, ""), validate=True), stamp.encode("ascii") + body
        moment = int(stamp) if stamp.isdecimal() and len(stamp) < 12 else None
    except ValueError:  # not base64, not ASCII
        raise Untrusted("The signature does not hold.") from None
    age = clock.timestamp() - moment if moment is not None else None
    if age is None or not -NEWEST <= age <= OLDEST or not any(_holds(key, signature, signed) for key in known):
        raise Untrusted("The signature does not hold.")


def trouble_with(keys: str) -> str | None:
    """Why nothing can be checked with these keys, in a sentence; None where they will do."""
    try:
        _keys(keys)
    except Misconfigured as error:
        return str(error)
    return None


def _holds(key: EllipticCurvePublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=8)
def _keys(keys: str) -> tuple[EllipticCurvePublicKey, ...]:
    if not keys.split():
        raise Misconfigured(NO_KEY)
    return tuple(_key(word) for word in keys.split())


def _key(word: str) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(b64decode(word, validate=True))
    except Exception:  # ValueError, UnsupportedAlgorithm: whatever else a text may be taken for
        raise Misconfigured(BAD_KEY) from None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise Misconfigured(BAD_KEY)
    return key
