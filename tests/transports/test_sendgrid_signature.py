"""Only what SendGrid itself signed is believed: real bodies hold, one changed byte does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailings import clock
from mailings.errors import Misconfigured, Untrusted
from mailings.transports.sendgrid.signature import check
from tests.doubles.sendgrid_events import Webhook

BODY = b'[{"email":"\xc3\xa5se@fjord.test"},\r\n{"event":"open"}]\r\n'
SIGNED = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def headers_of(webhook: Webhook, body: bytes = BODY, at: datetime = SIGNED) -> dict[str, str]:
    """The headers of a request as the door passes them on."""
    return {name.lower(): value for name, value in webhook.signed(body, int(at.timestamp())).items()}


def test_real_bodies(test_data: Path) -> None:
    """Bodies that SendGrid really signed hold at their time, byte for byte; with a line end less or written anew they do not."""
    vectors = json.loads((test_data / "webhooks" / "signature-vectors.json").read_text(encoding="utf-8"))
    assert len(vectors) >= 2
    for vector in vectors:
        body = vector["payload"].encode()
        headers = {
            "x-twilio-email-event-webhook-signature": vector["signature"],
            "x-twilio-email-event-webhook-timestamp": vector["timestamp"],
        }
        with clock.standing_at(datetime.fromtimestamp(int(vector["timestamp"]), UTC) + timedelta(seconds=30)):
            check(headers, body, vector["public_key"])
            for changed in (body.rstrip(b"\r\n"), json.dumps(json.loads(body)).encode()):
                with pytest.raises(Untrusted):
                    check(headers, changed, vector["public_key"])


@pytest.mark.parametrize(
    ("age", "holds"), [(-61, False), (-59, True), (0, True), (24 * 60, True), (25 * 60 - 1, True), (25 * 60 + 1, False)]
)
def test_age(age: int, holds: bool) -> None:
    """A request may be 25 hours old, for SendGrid repeats itself for a day, and an hour ahead of our clock; no more."""
    webhook = Webhook()
    with clock.standing_at(SIGNED + timedelta(minutes=age)):
        if holds:
            check(headers_of(webhook), BODY, webhook.public_key)
        else:
            with pytest.raises(Untrusted):
                check(headers_of(webhook), BODY, webhook.public_key)


def test_rotation() -> None:
    """With the old key and the new one side by side both are believed; a key that was taken out is not."""
    old, new = Webhook(), Webhook()
    with clock.standing_at(SIGNED):
        for signer in (old, new):
            check(headers_of(signer), BODY, f" {old.public_key}  {new.public_key}\n")
        with pytest.raises(Untrusted):
            check(headers_of(old), BODY, new.public_key)


@pytest.mark.parametrize("signature", ["", "abc", "AAAA", "ø", "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEA", "=" * 9])
@pytest.mark.parametrize("timestamp", ["", "1e9", "-5", "１７９５２５２８００", "9" * 5000, "1795251600"])
def test_rubbish(signature: str, timestamp: str) -> None:
    """Whatever stands in the headers, the answer is no, never another error; also where a header is missing."""
    webhook = Webhook()
    headers = {"x-twilio-email-event-webhook-signature": signature, "x-twilio-email-event-webhook-timestamp": timestamp}
    with clock.standing_at(SIGNED):
        for some in (headers, dict(list(headers.items())[:1]), {}):
            with pytest.raises(Untrusted):
                check(some, BODY, webhook.public_key)


@pytest.mark.parametrize("keys", ["", "  ", "rubbish", "MFkw", "A" * 86, "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE ø"])
def test_keys_that_are_none(keys: str) -> None:
    """Without a key, or with one that is none, a person is told which variable to mend, without what stands in it."""
    with pytest.raises(Misconfigured, match="MAILINGS_SENDGRID_WEBHOOK_KEY") as raised:
        check(headers_of(Webhook()), BODY, keys)
    assert "rubbish" not in str(raised.value)
