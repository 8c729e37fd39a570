"""SendGrid's event webhook: signed bodies of events as the real ones look, for messages that SendGrid's double has taken."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailings import clock
from tests.doubles.sendgrid import Taken

SIGNATURE, TIMESTAMP = "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"


@dataclass
class Webhook:
    """An event webhook with a key pair of its own."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def public_key(self) -> str:
        """The verification key as SendGrid shows it."""
        return b64encode(self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()

    def signed(self, body: bytes, timestamp: int | None = None) -> dict[str, str]:
        """The headers that go with a body, signed at `timestamp`, the present where none is given."""
        stamp = str(timestamp if timestamp is not None else int(clock.timestamp()))
        signature = b64encode(self.key.sign(stamp.encode() + body, ec.ECDSA(SHA256()))).decode()
        return {SIGNATURE: signature, TIMESTAMP: stamp, "Content-Type": "application/json"}


def body_of(events: Iterable[object]) -> bytes:
    """A body as SendGrid writes it: events apart by "},\\r\\n{", a line end behind, < and > escaped."""
    said = ",\r\n".join(json.dumps(event, separators=(",", ":"), sort_keys=True) for event in events)
    return f"[{said}]\r\n".replace("<", "\\u003c").replace(">", "\\u003e").encode()


def event(message: Taken | Mapping[str, Any], kind: str, timestamp: int, **facts: Any) -> dict[str, Any]:
    """One event of a message: its custom args flat, ids that are its own."""
    if isinstance(message, Taken):
        known = {"email": message.address, "category": list(message.categories), **message.custom_args, "request": message.request_id}
    else:
        known = {"request": "00000000000001.dfd.64b469", **message}
    request = known.pop("request")
    told = {**known, "event": kind, "timestamp": timestamp, "sg_message_id": f"{request}.filter0001.16648.5515E0B88.0", **facts}
    return {"sg_event_id": sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:22], **told}


def batches(events: Sequence[Any], size: int) -> list[bytes]:
    """The bodies of many requests, at most that many events each."""
    return [body_of(events[first : first + size]) for first in range(0, len(events), size)]
