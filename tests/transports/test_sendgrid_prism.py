"""SendGrid's own specification, read by Prism: no request of ours violates it, and no answer of the double's either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest

from mailings.letter import File, FormLetter, Mailbox
from mailings.message import FLUSH, Offer, Outcome
from mailings.transports._lines import Lines
from mailings.transports.sendgrid import Sendgrid
from mailings.transports.sendgrid.client import api
from mailings.transports.sendgrid.settings import HOST
from tests.doubles.sendgrid import KEY, Double, says, sendgrid
from tests.servers.prism import Prism, prism, program, specification
from tests.transports.filled import LETTER, Person, with_files
from tests.transports.letters import Broken, answers, offer, offers

pytestmark = [
    pytest.mark.xdist_group("prism"),
    pytest.mark.skipif(program() is None, reason="Prism is not installed (make packages): SendGrid's specification is left out"),
    pytest.mark.skipif(specification() is None, reason="SendGrid's specification is not beside MAILINGS_TEST_DATA: it is left out"),
]
ANNA = Person()
PICTURE = File("logo", "image/png", b"\x89PNG", inline=True)


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prism]:
    """Prism in SendGrid's place; it starts slowly, so there is one."""
    with prism(tmp_path_factory.mktemp("mock"), "mock") as running:
        yield running


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Double, Prism]]:
    """The double, and Prism in front of it, which lets nothing pass that the specification does not know."""
    with sendgrid() as double, prism(tmp_path_factory.mktemp("proxy"), "proxy", "--errors", f"http://127.0.0.1:{double.port}") as running:
        yield double, running


#: what the contract of transports sends, and everything our requests differ by
KINDS: dict[str, list[Offer | None]] = {
    "many": list(offers(1200)),
    "pauses": [offer(n) if n % 7 else FLUSH for n in range(1, 30)],
    "one that cannot be put together": [offer(1), offer(2, message=Broken()), offer(3)],
    "names and headers": [ANNA.offer(n, name=name) for n, name in enumerate(["", "Hansen, Per", "Désirée van der IJssel", "Åse\r\n;"])],
    "answers elsewhere": [ANNA.offer(1, reply_to=Mailbox("", "svar@avsender.test"), sender=Mailbox("", "nytt@avsender.test"))],
    "senders": [ANNA.offer(1), ANNA.offer(2, sender=Mailbox("Bo", "bo@avsender.test"))],
    "more than fits": [ANNA.offer(1, name="ø" * 6000)],
    "nothing to say": [ANNA.offer(1, letter=FormLetter(["Hei"], [], []))],
    "no subject": [ANNA.offer(1, letter=FormLetter([], ["Hei"], ["<p>Hei</p>"]))],
    "files": [ANNA.offer(1, letter=with_files(PICTURE, File("pris.pdf", "application/pdf", b"%PDF")))],
    "a long name of the mailing": [ANNA.offer(1, letter=replace(LETTER, category="høst " * 100))],
    "an address with signs": [ANNA.offer(1, "o'brien+nyheter_{x}=1@xn--blbr-roah.test")],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sandbox", [False, True])
def test_every_request_is_clean(mock: Prism, kind: str, sandbox: bool) -> None:
    """Whatever we send, Prism finds no violation in it, and takes it."""
    with sendgrid() as double:
        answers(Sendgrid(double.settings(sandbox=sandbox)), KINDS[kind])
    client = api(double.settings(host=f"http://127.0.0.1:{mock.port}"), Lines(f"http://127.0.0.1:{mock.port}", 60, HOST)).client
    assert double.bodies
    for body in double.bodies:
        answer = client.mail.send.post(request_body=orjson.dumps(body))
        assert answer.headers.get("sl-violations") is None
        assert answer.status_code == 202


def test_it_would_be_noticed(mock: Prism) -> None:
    """A request that violates the specification is seen: an empty subject, a number among the substitutions."""
    client = api(Double().settings(), Lines(f"http://127.0.0.1:{mock.port}", 60, HOST)).client
    client.host = f"http://127.0.0.1:{mock.port}"
    good = {"personalizations": [{"to": [{"email": "a@b.test"}]}], "from": {"email": "a@b.test"}, "subject": "x", "content": []}
    for wrong in ({"subject": ""}, {"personalizations": [{"to": [{"email": "a@b.test"}], "substitutions": {"-a-": 1}}]}):
        answer = client._build_client("mail").send.post(request_body=orjson.dumps(good | wrong))
        assert "sl-violations" in answer.headers


def test_the_transport_itself(mock: Prism) -> None:
    """Sent to Prism as to SendGrid, everybody is accepted under the id it answers with."""
    transport = Sendgrid(Double().settings(host=f"http://127.0.0.1:{mock.port}", timeout=60))
    told = answers(transport, offers(1500))
    assert {(receipt.outcome, receipt.provider_id) for receipt in told.values()} == {(Outcome.ACCEPTED, "14c5d75ce93.dfd.64b469")}


def test_the_double_answers_as_specified(proxied: tuple[Double, Prism]) -> None:
    """Taken, refused by name and without, too many, no access, too large, broken: Prism lets every answer of the double's pass."""
    double, between = proxied
    settings = double.settings(host=f"http://127.0.0.1:{between.port}", timeout=60)
    double.named = {"anna7@firma.test": "Does not contain a valid address."}
    double.unnamed = {"anna30@firma.test"}
    told = answers(Sendgrid(settings), offers(50))
    assert {n for n, receipt in told.items() if receipt.outcome is Outcome.REFUSED} == {7, 30}
    assert len(double.taken) == 48
    for said, code in (
        (says(429, "too many requests", X_RateLimit_Limit="600", X_RateLimit_Remaining="0", X_RateLimit_Reset="1795300000"), "429"),
        (says(401, "The provided authorization grant is invalid, expired, or revoked"), "401"),
        (says(403, "access forbidden"), "403"),
        (says(413, "Payload too large"), "413"),
        (says(500, "oops"), "500"),
    ):
        double.next.append(said)
        told = answers(Sendgrid(settings), [offer(1)])
        assert told[1].code == code
    assert answers(Sendgrid(double.settings(host=f"http://127.0.0.1:{between.port}", api_key=f"{KEY}x")), [offer(1)])[1].code == "401"
    assert between.violations == []
