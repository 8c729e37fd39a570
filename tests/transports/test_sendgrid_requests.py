"""What stands in a request to SendGrid, and who goes with whom."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mailings.letter import File, FormLetter, Mailbox
from mailings.message import FLUSH, Outcome
from mailings.transports.sendgrid import Sendgrid
from tests.doubles.sendgrid import Double, sendgrid
from tests.transports.filled import LETTER, Person, with_files
from tests.transports.letters import answers

ANNA = Person()


@pytest.fixture
def double() -> Iterator[Double]:
    """SendGrid, as far as one can know it."""
    with sendgrid() as running:
        yield running


@pytest.fixture
def transport(double: Double) -> Iterator[Sendgrid]:
    """The transport, speaking to it."""
    made = Sendgrid(double.settings())
    yield made
    made.close()


def test_a_thousand_in_a_request(double: Double, transport: Sendgrid) -> None:
    """2,500 recipients of one letter are three requests, and each of them gets their own message under their own number."""
    told = answers(transport, [ANNA.offer(n, name=f"Désirée {n} van der IJssel") for n in range(1, 2501)])
    assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}
    assert sorted(len(body["personalizations"]) for body in double.bodies) == [500, 1000, 1000]
    taken = {one.address: one for one in double.taken}
    assert len(taken) == len(double.taken) == 2500
    for n in (1, 1000, 1001, 2500):
        one = taken[f"anna{n}@firma.test"]
        assert one.subject == f"Hei Désirée {n} van der IJssel"
        assert one.text == f"Kjære Désirée {n} van der IJssel!\nhttps://post.test/c/a1T{n}/7\n"
        assert one.html == f"<p>Kjære Désirée {n} van der IJssel!</p><a href='https://post.test/c/a1T{n}/7'>Les</a>"
        assert one.custom_args == {"mailings_delivery": f"{n}.0123456789ab"}
        assert told[n].provider_id == one.request_id


def test_what_all_requests_say(double: Double, transport: Sendgrid) -> None:
    """SendGrid tracks nothing, the mailing is the category, the headers are final and the recipient's own."""
    answers(transport, [ANNA.offer(1, letter=replace(LETTER, category="ø" * 300))])
    (body,) = double.bodies
    assert body["tracking_settings"] == {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
        "subscription_tracking": {"enable": False},
        "ganalytics": {"enable": False},
    }
    assert body["from"] == {"email": "nytt@avsender.test", "name": "Fjord & Søn"}
    assert body["categories"] == ["ø" * 255]
    assert [content["type"] for content in body["content"]] == ["text/plain", "text/html"]
    assert "mail_settings" not in body
    assert "reply_to" not in body
    (one,) = body["personalizations"]
    assert one["headers"] == {"Feedback-ID": "7:høst:mailings", "List-Unsubscribe": "<https://post.test/u/x>"}
    assert one["to"] == [{"email": "anna1@firma.test", "name": "Åse Ødegård"}]
    assert "from" not in one


def test_who_goes_with_whom(double: Double, transport: Sendgrid) -> None:
    """Answers to different places, and senders of different domains, are different requests; senders of one domain share one."""
    kari, bo = Mailbox("Kari", "kari@avsender.test"), Mailbox("Bo", "bo@annet.test")
    offers = [
        *[ANNA.offer(n) for n in range(10)],
        *[ANNA.offer(n, reply_to=kari) for n in range(10, 20)],
        *[ANNA.offer(n, sender=kari) for n in range(20, 30)],
        *[ANNA.offer(n, sender=bo) for n in range(30, 40)],
    ]
    answers(transport, offers)
    requests = {(body["from"]["email"], body.get("reply_to", {}).get("email")): body for body in double.bodies}
    assert {place: len(body["personalizations"]) for place, body in requests.items()} == {
        ("nytt@avsender.test", None): 20,
        ("nytt@avsender.test", "kari@avsender.test"): 10,
        ("bo@annet.test", None): 10,
    }
    senders = {one.address: one.sender for one in double.taken}
    assert senders["anna25@firma.test"] == "kari@avsender.test"
    assert senders["anna5@firma.test"] == "nytt@avsender.test"


def test_a_request_holds_no_more_than_was_offered_before_a_pause(double: Double, transport: Sendgrid) -> None:
    """What a limit lets go now is handed over before more is asked for."""
    answers(transport, [offer for n in range(6) for offer in (*(ANNA.offer(10 * n + m) for m in range(7)), FLUSH)])
    assert [len(body["personalizations"]) for body in double.bodies] == [7] * 6


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Hansen, Per", "Hansen  Per"),
        ("Åse; Bo", "Åse  Bo"),
        ("Ole\r\nBcc: x@y.test\x00", "Ole Bcc: x@y.test"),
        (",;", None),
        ("ĳ" * 5000, "ĳ" * 200),
        ('"Per" <per@x.test>', '"Per" <per@x.test>'),
    ],
)
def test_names_that_would_refuse_everybody(double: Double, transport: Sendgrid, name: str, safe: str | None) -> None:
    """A name with a comma, a semicolon or a line end becomes one SendGrid takes; the message itself keeps it as it is."""
    assert answers(transport, [ANNA.offer(1, name=name, letter=SAYS_NAME)])[1].outcome is Outcome.ACCEPTED
    assert double.bodies[0]["personalizations"][0]["to"][0].get("name") == safe
    assert double.taken[0].text == name


SAYS_NAME = FormLetter(subject=["Hei"], text=[1], html=[])


@pytest.mark.parametrize("address", ["jørn@xn--blbr-roah.test", "a b@firma.test", "a@b@c.test", "ingen", "a@", "åse"])
def test_addresses_that_would_refuse_everybody(double: Double, transport: Sendgrid, address: str) -> None:
    """Who cannot be written to by SendGrid is refused alone, by us, with a sentence; nobody else notices."""
    told = answers(transport, [ANNA.offer(1), ANNA.offer(2, address), ANNA.offer(3)])
    assert told[2].outcome is Outcome.REFUSED
    assert "SendGrid" in (told[2].reason or "")
    assert told[1].outcome is told[3].outcome is Outcome.ACCEPTED
    assert len(double.bodies) == 1


def test_more_than_fits(double: Double, transport: Sendgrid) -> None:
    """Who has more than 10,000 bytes of their own gets a request of their own, without tags; all others share one."""
    long = "blåbær " * 1300
    told = answers(transport, [ANNA.offer(n, name=long if n == 5 else "Bo") for n in range(1, 11)])
    assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}
    assert sorted(len(body["personalizations"]) for body in double.bodies) == [1, 9]
    alone = next(body for body in double.bodies if len(body["personalizations"]) == 1)
    assert "substitutions" not in alone["personalizations"][0]
    assert alone["subject"] == f"Hei {long}"
    assert next(one for one in double.taken if one.address == "anna5@firma.test").text.startswith(f"Kjære {long}!")


def test_a_value_that_holds_a_tag(double: Double, transport: Sendgrid) -> None:
    """Who knows the tags of a mailing, and has one in their name, gets a message in which it stands for itself."""
    answers(transport, [ANNA.offer(1)])
    tag = next(iter(double.bodies[0]["personalizations"][0]["substitutions"]))
    answers(transport, [ANNA.offer(2, name=f"Bo {tag}"), ANNA.offer(3)])
    assert {one.address: one.text[:40] for one in double.taken}["anna2@firma.test"].startswith(f"Kjære Bo {tag}!")
    assert (
        "substitutions" not in double.bodies[-2]["personalizations"][0] or "substitutions" not in double.bodies[-1]["personalizations"][0]
    )


@pytest.mark.parametrize(("text", "html"), [([], []), (["Hei"], []), ([], ["<p>Hei</p>"]), ([1], [2])])
def test_nothing_to_say(double: Double, transport: Sendgrid, text: list[str | int], html: list[str | int]) -> None:
    """A part that is empty is left out, and a message without any is a space: SendGrid takes no empty value."""
    told = answers(transport, [ANNA.offer(1, letter=FormLetter(["Hei"], text, html), name="")])
    assert told[1].outcome is Outcome.ACCEPTED
    assert double.taken[0].text.strip() + double.taken[0].html == "".join(piece for piece in (*text, *html) if isinstance(piece, str))


def test_a_letter_no_text_can_hold(double: Double, transport: Sendgrid) -> None:
    """Half of a surrogate pair is that one recipient's trouble."""
    told = answers(transport, [ANNA.offer(1, name="Bo \ud800"), ANNA.offer(2)])
    assert told[1].outcome is Outcome.REFUSED
    assert told[2].outcome is Outcome.ACCEPTED


def test_files(double: Double, transport: Sendgrid) -> None:
    """Files travel once in a request, in their order; an inline image by its cid."""
    logo, price = File("logo", "image/png", b"\x89PNG\xff", inline=True), File("pris.pdf", "application/pdf", b"%PDF")
    letter = with_files(logo, price)
    answers(transport, [ANNA.offer(n, letter=letter) for n in range(5)])
    (body,) = double.bodies
    assert [(one["filename"], one["type"], one["disposition"], one.get("content_id")) for one in body["attachments"]] == [
        ("logo", "image/png", "inline", "logo"),
        ("pris.pdf", "application/pdf", "attachment", None),
    ]
    assert [b64decode(one["content"]) for one in body["attachments"]] == [logo.data, price.data]


def test_a_file_that_is_too_large(double: Double, transport: Sendgrid) -> None:
    """Where no request could hold the message, nobody is failed for it: it stops, with a code, so that the mailing pauses."""
    told = answers(transport, [ANNA.offer(n, letter=TOO_LARGE) for n in range(5)])
    assert {receipt.outcome for receipt in told.values()} == {Outcome.UNTOUCHED}
    assert told[0].code == "413"
    assert "30.0 MB" in (told[0].reason or "")
    assert double.bodies == []


TOO_LARGE = with_files(File("katalog.pdf", "application/pdf", b"%PDF" + b"\0" * 22_500_000))


def test_sandbox(double: Double) -> None:
    """In the sandbox every request says so, 200 is taken for a yes, and nobody gets anything."""
    transport = Sendgrid(double.settings(sandbox=True))
    assert answers(transport, [ANNA.offer(1)])[1].outcome is Outcome.ACCEPTED
    assert double.bodies[0]["mail_settings"] == {"sandbox_mode": {"enable": True}}
    assert double.taken == []
    assert "MAILINGS_SENDGRID_SANDBOX" in (transport.rehearsal() or "")
