"""Whether a request to the webhook is Twilio's own: its signature over address and fields, by the SDK's validator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from twilio.request_validator import RequestValidator, get_signature_algorithm

from mailings.errors import Misconfigured, Untrusted
from mailings.reported import Hook

SIGNATURE, CHOSEN = "x-twilio-signature", "x-twilio-webhooks-signature-settings"
NO_TOKEN = "MAILINGS_TWILIO_TOKEN is not set, so nothing that Twilio reports can be believed; copy the Auth Token from console.twilio.com."  # noqa: S105


class Fields(dict[str, list[str]]):
    """What a form says, each name as often as it stands there; the validator asks by `getlist`."""

    def getlist(self, name: str) -> list[str]:
        """All values of a name."""
        return self[name]


def checked(hook: Hook, tokens: Sequence[str]) -> Mapping[str, str]:
    """The fields of a form that one of the tokens signed, together with the address it was sent to.

    Raises Untrusted; Misconfigured where there is no token.
    """
    if not tokens:
        raise Misconfigured(NO_TOKEN)
    try:
        fields = Fields(parse_qs(hook.body.decode("utf-8"), keep_blank_values=True, strict_parsing=False, max_num_fields=200))
    except ValueError:  # no UTF-8, or too many fields
        raise Untrusted("The signature does not hold.") from None
    told, by = hook.headers.get(SIGNATURE, ""), get_signature_algorithm(hook.headers.get(CHOSEN))
    if not told.isascii() or not any(RequestValidator(token).validate(hook.url, fields, told, by) for token in tokens):
        raise Untrusted("The signature does not hold.")
    return {name: values[0] for name, values in fields.items()}
