"""Twilio's callbacks in our words: every status and code it documents, STOP in six languages, nothing forged believed."""

from __future__ import annotations

from typing import Any

import pytest

from mailings.errors import Misconfigured, Unreadable, Untrusted
from mailings.reported import BounceKind as B
from mailings.reported import EventKind as K
from mailings.reported import Hook, Report
from mailings.transports.twilio import Twilio
from mailings.transports.twilio.keywords import says_start, says_stop
from mailings.transports.twilio.reports import reports_of
from mailings.transports.twilio.settings import Settings
from tests.doubles.twilio import ACCOUNT, TOKEN
from tests.doubles.twilio_callbacks import body_of, form_of, letter_of, signed

URL = "https://post.test/hooks/twilio"
OURS = f"{URL}?d=42.0123456789ab"


def read(form: dict[str, str], url: str = OURS, **settings: Any) -> Report:
    """The one report of a signed form."""
    headers = {name.lower(): value for name, value in signed(url, form).items()}
    (told,) = reports_of(Hook(url, headers, body_of(form)), Settings(**({"token": TOKEN, "_env_file": None} | settings)))
    return told


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((word, K.PROCESSED) for word in ("accepted", "scheduled", "queued", "sending", "sent")),
        *((word, K.DELIVERED) for word in ("delivered", "read")),
        *(("undelivered", K.BOUNCED), ("failed", K.DROPPED), ("canceled", K.DROPPED), ("Delivered ", K.DELIVERED), ("ny", K.OTHER)),
    ],
)
def test_every_status(status: str, kind: K) -> None:
    """Each status Twilio documents has a meaning; the address it was told to call says which delivery it is, a strange one is kept."""
    told = read(form_of("SM1", status))
    assert (told.kind, told.delivery, told.mark, told.provider_id, told.address) == (kind, 42, "0123456789ab", "SM1", "+4799887766")


@pytest.mark.parametrize(
    ("code", "bounce"),
    [
        ("30003", B.SOFT), ("30004", B.POLICY), ("30005", B.HARD), ("30006", B.HARD), ("30007", B.POLICY), ("30008", B.SOFT),
        ("21614", B.INVALID), ("99999", B.POLICY), ("", B.POLICY), ("9" * 40, B.POLICY), ("²", B.POLICY),
    ],
)  # fmt: skip
def test_why_it_did_not_arrive(code: str, bounce: B) -> None:
    """A number is blamed by Twilio's own code alone: what carriers filter, and what nobody knows, is not its fault."""
    assert read(form_of("SM1", "undelivered", ErrorCode=code)).bounce is bounce


def test_told_twice() -> None:
    """The same status of the same message is the same report; another status, message or delivery is another."""
    one = read(form_of("SM1", "sent"))
    assert read(form_of("SM1", "sent", RawDlrDoneDate="2611221703")).content_key == one.content_key
    others = [read(form_of("SM1", "delivered")), read(form_of("SM2", "sent")), read(form_of("SM1", "sent"), f"{URL}?d=43.0123456789ab")]
    assert len({one.content_key, *(other.content_key for other in others)}) == 4


def test_what_a_message_said_is_not_kept_with_its_status() -> None:
    """Our own words, which may name somebody, are left out of what is stored; Twilio's are kept."""
    told = read(form_of("SM1", "sent", Body="Kjære Åse Ødegård", ErrorMessage="blåbær"))
    assert "Body" not in told.original
    assert told.reason == "blåbær"


@pytest.mark.parametrize("url", [URL, f"{URL}?d=", f"{URL}?d=42", f"{URL}?d=x.0123456789ab", f"{URL}?e=42.0123456789ab"])
def test_a_message_that_is_none_of_ours(url: str) -> None:
    """An address that names no delivery is kept as it came, and moves nothing."""
    told = read(form_of("SM1", "delivered"), url)
    assert (told.delivery, told.mark) == (None, None)


@pytest.mark.parametrize(
    "text",
    ["STOP", " stop. ", "Stopp!", "STOP ALL", "unsubscribe", "Avmeld", "AFMELDEN", "Afmeld", "Avanmäl", "Aufhören", "meld  av", "»Slutt«"],
)
def test_stop(text: str) -> None:
    """A word for no more in any of six languages, whatever its letters and signs around it, is no more text messages."""
    told = read(letter_of("SM9", "+4799887766", text))
    assert (told.kind, told.address, told.delivery, told.reason) == (K.UNSUBSCRIBED, "+4799887766", None, text)


@pytest.mark.parametrize(
    "text",
    [
        *("Avmeld meg", "STOP ALT", "STOP please", "afmeld mig, tak", "Meld meg av, takk", "Stop all messages please", "avmeld meg nå"),
        *("Avanmäl mig tack", "stop nu alstublieft", "Abmelden bitte!", "remove me please", "no more texts"),
    ],
)
def test_stop_and_a_polite_word(text: str) -> None:
    """A word for no more with up to three words behind it that say nothing else is one, too."""
    assert read(letter_of("SM9", "+4799887766", text)).kind is K.UNSUBSCRIBED


@pytest.mark.parametrize(
    "text",
    [
        *(
            "stop by tomorrow?",
            "Stop ved Åsgård",
            "STOP me if you can",
            "Stop now please thank you",
            "end of June",
            "cancel my table",
            "me stop",
        ),
        *("stop worrying", "Slutt på ferien", "quit smoking now", "remove Åse please"),
    ],
)
def test_an_answer_that_begins_like_it(text: str) -> None:
    """Another word behind it, or a fourth, makes it an answer that somebody is to read."""
    assert read(letter_of("SM9", "+4799887766", text)).kind is K.OTHER


@pytest.mark.parametrize("text", ["START", "unstop", "påmeld"])
def test_start(text: str) -> None:
    """And a word for more is more."""
    assert read(letter_of("SM9", "+4799887766", text)).kind is K.RESUBSCRIBED


@pytest.mark.parametrize("text", ["Takk for sist!", "Please don't stop", "", "Nonstop", "stoppested", "🫐", "STOP ved Åsgård?"])
def test_any_other_text(text: str) -> None:
    """Whatever else somebody writes is kept as it came, and nobody acts on it."""
    assert read(letter_of("SM9", "+4799887766", text)).kind is K.OTHER
    assert not says_stop(text)
    assert not says_start(text)


def test_what_twilio_took_for_stop() -> None:
    """Where the account has its own words, Twilio says what it took a text for, and that holds."""
    assert read(letter_of("SM9", "+4799887766", "Basta", OptOutType="STOP")).kind is K.UNSUBSCRIBED
    assert read(letter_of("SM9", "+4799887766", "Igjen", OptOutType="START")).kind is K.RESUBSCRIBED
    assert read(letter_of("SM9", "+4799887766", "STOP", OptOutType="HELP")).kind is K.OTHER


def test_opted_out_with_twilio() -> None:
    """A message that failed because its reader had sent STOP to Twilio says so of the number too."""
    told = read(form_of("SM1", "failed", ErrorCode="21610"))
    assert (told.kind, told.also) == (K.DROPPED, K.UNSUBSCRIBED)


def test_what_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another token's signature, a changed field, another address, none at all: nothing is believed. A token that is being replaced is."""
    form = form_of("SM1", "delivered")
    good = {name.lower(): value for name, value in signed(OURS, form).items()}
    monkeypatch.setenv("MAILINGS_TWILIO_TOKEN", f"nytt-token {TOKEN}")
    monkeypatch.setenv("MAILINGS_TWILIO_ACCOUNT", ACCOUNT)
    assert Twilio.reports(Hook(OURS, good, body_of(form)))[0].kind is K.DELIVERED
    other = {name.lower(): value for name, value in signed(OURS, form, "another").items()}
    for hook in (
        Hook(OURS, other, body_of(form)),
        Hook(OURS, good, body_of(form | {"MessageStatus": "failed"})),
        Hook(f"{URL}?d=43.0123456789ab", good, body_of(form)),
        Hook(OURS, {}, body_of(form)),
        Hook(OURS, good | {"x-twilio-signature": "blåbær"}, body_of(form)),
        Hook(OURS, good | {"x-twilio-webhooks-signature-settings": "algorithm=NONE"}, body_of(form)),
        Hook(OURS, good, b"\xff\xfe"),
        Hook(OURS, good, b"&".join(b"a%d=1" % n for n in range(5000))),
    ):
        with pytest.raises(Untrusted):
            Twilio.reports(hook)


def test_a_signed_form_that_names_no_message() -> None:
    """What Twilio signed and is no message of its is refused as unreadable; without a token nothing can be checked."""
    with pytest.raises(Unreadable):
        read({"AccountSid": ACCOUNT})
    with pytest.raises(Misconfigured, match="MAILINGS_TWILIO_TOKEN is not set"):
        read(form_of("SM1", "sent"), token="")
