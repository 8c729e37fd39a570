"""Twilio's webhooks: signed forms as the real ones look, for messages of ours and for what readers write."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha1
from urllib.parse import urlencode

from tests.doubles.twilio import ACCOUNT, SENDER, TOKEN


def form_of(sid: str, status: str, to: str = "+4799887766", **more: str) -> dict[str, str]:
    """What a status callback says."""
    known = {"AccountSid": ACCOUNT, "MessageSid": sid, "SmsSid": sid, "MessageStatus": status, "SmsStatus": status}
    return known | {"To": to, "From": SENDER, "ApiVersion": "2010-04-01"} | more


def letter_of(sid: str, sender: str, text: str, **more: str) -> dict[str, str]:
    """What a message from a reader says."""
    known = {"AccountSid": ACCOUNT, "MessageSid": sid, "SmsSid": sid, "SmsStatus": "received", "NumMedia": "0", "NumSegments": "1"}
    return known | {"To": SENDER, "From": sender, "Body": text} | more


def body_of(form: Mapping[str, str]) -> bytes:
    """As it is posted."""
    return urlencode(form).encode()


def signed(url: str, form: Mapping[str, str], token: str = TOKEN) -> dict[str, str]:
    """The headers that go with a form; by the documented rule, and not by the SDK that checks them."""
    said = url + "".join(name + form[name] for name in sorted(form))
    signature = b64encode(hmac.new(token.encode(), said.encode(), sha1).digest()).decode()
    return {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
