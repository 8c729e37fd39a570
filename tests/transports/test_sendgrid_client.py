"""The SDK on our own lines: what is private there and we rely on, TLS, a key that nobody gets to see, a line that was closed."""

from __future__ import annotations

import inspect
import logging
import ssl
from pathlib import Path

import pytest
import trustme
from python_http_client import Client
from sendgrid import SendGridAPIClient

from mailings.errors import Misconfigured, TryLater
from mailings.message import FORGEABLE, Outcome
from mailings.settings import settings
from mailings.transports import _lines as lines_module
from mailings.transports._lines import Answer, Lines, Lost
from mailings.transports.sendgrid import Sendgrid, Settings
from mailings.transports.sendgrid.client import PooledClient, api
from mailings.transports.sendgrid.settings import HOST
from tests.doubles.saying import HANGS_UP
from tests.doubles.sendgrid import KEY, sendgrid
from tests.servers.mailbox import nobody_listens
from tests.transports.letters import answers, offer, offers


def test_what_is_private_there() -> None:
    """The names of the SDK that we replace or call are there, with the parameters we know: it is pinned, and this says when not."""
    assert list(inspect.signature(Client._build_client).parameters) == ["self", "name"]
    assert list(inspect.signature(Client._build_url).parameters) == ["self", "query_params"]
    assert {"get", "post"} <= Client.methods
    assert set(SendGridAPIClient("k")._default_headers) == {"Authorization", "User-Agent", "Accept"}
    made = api(Settings(api_key="k", _env_file=None), Lines("https://api.sendgrid.com", 1, HOST)).client
    child = made.suppression.bounces
    assert isinstance(child, PooledClient)
    assert child._build_url({"limit": 5}) == "https://api.sendgrid.com/v3/suppression/bounces?limit=5"
    assert made.request_headers["Authorization"] == "Bearer k"


def test_its_own_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any path of the API can be asked for, over the same lines; whatever the status, it is an answer."""
    monkeypatch.setattr(lines_module, "IDLE", 3600.0)  # however slow the machine is
    with sendgrid() as double:
        double.suppressions["bounces"] = [{"created": n, "email": f"åse{n}@fjord.test"} for n in range(700)]
        client = api(double.settings(), Lines(double.settings().address, 60, HOST)).client
        answer = client.suppression.bounces.get(query_params={"limit": 2, "offset": 5, "start_time": 100})
        assert isinstance(answer, Answer)
        assert answer.body == '[{"created":105,"email":"åse105@fjord.test"},{"created":106,"email":"åse106@fjord.test"}]'.encode()
        assert client.mail.batch.post(request_body=b"{}").status_code == 404
        assert double.connections == 1


def test_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The region says where, and an address that is set goes before it."""
    assert Settings(_env_file=None).address == "https://api.sendgrid.com"
    monkeypatch.setenv("MAILINGS_SENDGRID_REGION", "eu")
    assert Settings.read().address == "https://api.eu.sendgrid.com"
    monkeypatch.setenv("MAILINGS_SENDGRID_HOST", "https://sendgrid.fjord.test")
    assert Settings.read().address == "https://sendgrid.fjord.test"
    monkeypatch.setenv("MAILINGS_SENDGRID_REGION", "mars")
    with pytest.raises(Misconfigured, match="MAILINGS_SENDGRID_REGION"):
        Sendgrid.configured()


@pytest.mark.parametrize(
    ("key", "host", "words"),
    [
        ("", None, "MAILINGS_SENDGRID_API_KEY is not set"),
        ("SG.æ", None, "MAILINGS_SENDGRID_API_KEY holds"),
        ("SG.a b", None, "MAILINGS_SENDGRID_API_KEY holds"),
        ("SG.x", "http://api.fjord.test", "MAILINGS_SENDGRID_HOST"),
    ],
)
def test_what_keeps_it_from_sending(monkeypatch: pytest.MonkeyPatch, key: str, host: str | None, words: str) -> None:
    """What is missing is said in one sentence that names the setting, and never its value."""
    monkeypatch.setenv("MAILINGS_SECRET", "a-secret-of-the-tests")
    settings.cache_clear()
    (problem,) = Sendgrid(Settings(api_key=key, host=host, _env_file=None)).problems()
    assert words in problem
    assert not key or key not in problem


def test_the_demos_secret() -> None:
    """Nobody's links are signed with a secret everybody knows."""
    assert Sendgrid(Settings(api_key="SG.x", _env_file=None)).problems() == [FORGEABLE.format(name="sendgrid")]


def test_nobody_sees_the_key(caplog: pytest.LogCaptureFixture) -> None:
    """Not at the log's lowest level, not in an error, not in what is printed of the transport."""
    caplog.set_level(logging.DEBUG)
    with sendgrid() as double:
        transport = Sendgrid(double.settings())
        answers(transport, offers(2))
        double.always = HANGS_UP
        told = answers(transport, offers(2))
        shown = f"{transport!r} {transport._settings!r} {told} {caplog.text}"
    assert KEY not in shown
    assert "anna1@firma.test" not in caplog.text


def test_nobody_there() -> None:
    """Whatever keeps us from the host is one sentence that says where we looked."""
    with pytest.raises(TryLater, match=r"127\.0\.0\.1:\d+ cannot be reached \(Connection refused\)"):
        Lines(f"http://127.0.0.1:{nobody_listens()}", 60, HOST).take()
    with pytest.raises(Misconfigured, match=r"MAILINGS_SENDGRID_HOST: bad\.\.name is no name of a server"):
        Lines("http://bad..name", 1, HOST).take()


@pytest.fixture
def authority() -> trustme.CA:
    """Somebody who signs certificates."""
    return trustme.CA()


def _certified(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """A server's side of TLS under these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def test_over_tls(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a certificate this machine trusts it carries; with another one, or another's, it is Misconfigured before an offer is taken."""
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    for names, trusts, carries in ((("localhost",), True, True), (("localhost",), False, False), (("other.test",), True, False)):
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted if trusts else tmp_path / "none.pem"))
        with sendgrid(_certified(authority, *names)) as double:
            transport = Sendgrid(double.settings(host=f"https://localhost:{double.port}"))
            if carries:
                assert answers(transport, offers(3))[3].outcome is Outcome.ACCEPTED
            else:
                with pytest.raises(Misconfigured, match="does not prove who it is"):
                    answers(transport, offers(3))
            transport.close()


def test_a_line_that_was_closed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line the server closed while it was idle, or that was idle for long, is not written to: a fresh one is opened."""
    monkeypatch.setattr(lines_module, "IDLE", 3600.0)  # however slow the machine is
    with sendgrid() as double:
        transport = Sendgrid(double.settings())
        answers(transport, [offer(1)])
        double.hang_up_all()
        assert answers(transport, [offer(2)])[2].outcome is Outcome.ACCEPTED
        assert double.connections == 2
        (idle,) = transport._requests._lines._free.queue
        idle._used -= lines_module.IDLE
        assert answers(transport, [offer(3)])[3].outcome is Outcome.ACCEPTED
        assert double.connections == 3


def test_lost_says_what_was_lost() -> None:
    """A request that was begun and not answered is told apart from one that never began."""
    with sendgrid() as double:
        double.always = HANGS_UP
        client = api(double.settings(), Lines(double.settings().address, 60, HOST)).client
        with pytest.raises(Lost, match=r"127\.0\.0\.1 was lost before the answer came"):
            client.mail.send.post(request_body=b'{"personalizations":[]}')
