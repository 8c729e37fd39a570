"""How SMTP is let in: logins, TLS and certificates, on a real server; who is sent away gets one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailings.errors import Misconfigured, TryLater
from mailings.message import Outcome
from mailings.settings import settings
from mailings.transports.smtp import Settings, Smtp
from tests.servers.guarded import Guarded, guarded
from tests.servers.mailbox import HANG_UP, SILENCE, mailbox, nobody_listens
from tests.transports.letters import Written, answers, offer, offers

PASSWORD = "blåbær"


def _smtp(server: Guarded, **given: Any) -> Smtp:
    facts: dict[str, Any] = {"host": "localhost", "port": server.port, "timeout": 300, "connections": 3, "ca_file": server.ca_file}
    return Smtp(Settings(**(facts | given), _env_file=None))


def _carried(transport: Smtp, count: int = 7) -> None:
    told = answers(transport, offers(count))
    transport.close()
    assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}, told


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.filterwarnings(
    "ignore:Requiring AUTH while not requiring TLS"
)  # TLS is there from the first byte; aiosmtpd looks for STARTTLS
def test_through_tls_with_a_login(tmp_path: Path, implicit: bool) -> None:
    """STARTTLS and implicit TLS both carry messages, after a login with a password beyond ASCII."""
    with guarded(tmp_path, implicit=implicit, auth_required=True, auth_require_tls=not implicit) as server:
        _carried(_smtp(server, tls="implicit" if implicit else "starttls", user="bjørn", password=PASSWORD))
        assert len(server.messages) == 7
        assert all(server.encrypted) or implicit  # aiosmtpd notes STARTTLS only
        assert {login for _, login in server.logins} == {"bjørn".encode()}


@pytest.mark.parametrize("implicit", [False, True])
def test_large_messages_through_tls(tmp_path: Path, implicit: bool) -> None:
    """Messages far larger than any buffer go through TLS whole, several at a time."""
    with guarded(tmp_path, implicit=implicit) as server:
        text = "\r\n".join(f"{n:070}" for n in range(60_000))
        transport = _smtp(server, tls="implicit" if implicit else "starttls")
        told = answers(transport, [offer(n, message=Written(text)) for n in range(6)])
        transport.close()
        assert {receipt.outcome for receipt in told.values()} == {Outcome.ACCEPTED}
        assert {content for _, content in server.messages} == {Written(text).mime(eight_bit=True)}


def test_login_by_two_questions(tmp_path: Path) -> None:
    """Where the server knows only LOGIN, that is used."""
    with guarded(tmp_path, auth_exclude_mechanism=["PLAIN"], auth_require_tls=False) as server:
        _carried(_smtp(server, tls="starttls", user="bjørn", password=PASSWORD))
        assert {mechanism for mechanism, _ in server.logins} == {"LOGIN"}


def test_plain_text_login_stays_on_this_machine(tmp_path: Path) -> None:
    """Towards loopback `auto` uses no TLS, and a login may pass: nobody can listen there."""
    with guarded(tmp_path, tls=False, auth_require_tls=False) as server:
        _carried(_smtp(server, tls="auto", user="bjørn", password=PASSWORD))
        assert not any(server.encrypted)


def test_a_wrong_password(tmp_path: Path) -> None:
    """A refused login is one sentence: whose, what the server said, what to check; the password is in no part of it."""
    with guarded(tmp_path, auth_require_tls=False) as server, pytest.raises(Misconfigured) as caught:
        answers(_smtp(server, tls="starttls", user="bjørn", password="jordbær-2"), offers(3))
    assert "refused the login of bjørn" in str(caught.value)
    assert "MAILINGS_SMTP_PASSWORD" in str(caught.value)
    assert "535 5.7.8" in str(caught.value)
    assert "jordbær" not in repr(caught.value)


def test_a_certificate_nobody_signed(tmp_path: Path) -> None:
    """Without the authority's file the certificate does not hold, the sentence says so, and nothing was said to that server."""
    with guarded(tmp_path) as server:
        with pytest.raises(Misconfigured, match=r"certificate of localhost:.* does not hold"):
            answers(_smtp(server, tls="starttls", ca_file=None, user="bjørn", password=PASSWORD), offers(1))
        assert server.logins == []


def test_a_certificate_for_another(tmp_path: Path) -> None:
    """A good certificate of another name does not hold either."""
    with guarded(tmp_path, name="mx.elsewhere.test") as server, pytest.raises(Misconfigured, match="does not hold"):
        answers(_smtp(server, tls="starttls"), offers(1))


def test_tls_where_there_is_none(tmp_path: Path) -> None:
    """STARTTLS that is not offered, and TLS from the first byte to a server that greets in plain text, say which setting to change."""
    with guarded(tmp_path, tls=False) as server:
        with pytest.raises(Misconfigured, match=r"does not offer STARTTLS.*MAILINGS_SMTP_TLS"):
            answers(_smtp(server, tls="starttls"), offers(1))
        with pytest.raises(Misconfigured, match=r"No TLS could be agreed on.*MAILINGS_SMTP_TLS"):
            answers(_smtp(server, tls="implicit"), offers(1))


def test_words_before_tls() -> None:
    """A server, or somebody in between, that says more than it was asked before TLS begins is not believed (CVE-2011-0411)."""
    with (
        mailbox(offers=("STARTTLS",), told={"STARTTLS": "220 go ahead\r\n250 injected"}) as box,
        pytest.raises(TryLater, match="more than it was asked"),
    ):
        answers(Smtp(Settings(host="127.0.0.1", port=box.port, tls="starttls", timeout=60, _env_file=None)), offers(1))


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        ({"CONNECT": "421 4.3.2 Try later"}, TryLater, "421 4.3.2 Try later"),
        ({"CONNECT": "450 4.3.2 busy"}, TryLater, "busy"),
        ({"CONNECT": "554 5.7.1 No entry"}, Misconfigured, "554 5.7.1 No entry"),
        ({"CONNECT": HANG_UP}, TryLater, "was lost (the greeting)"),
        ({"CONNECT": SILENCE}, TryLater, "no answer in time (the greeting)"),
        ({"CONNECT": "SSH-2.0-OpenSSH_9.2"}, TryLater, "no SMTP reply"),
        ({"EHLO": "500 what", "HELO": "550 5.7.1 who are you"}, Misconfigured, "MAILINGS_SMTP_HELO"),
        ({"EHLO": "421 4.7.0 not now"}, TryLater, "421 4.7.0 not now"),
        ({"EHLO": HANG_UP}, TryLater, "closed it"),
    ],
)
def test_sent_away(told: dict[str, str], error: type[Exception], words: str) -> None:
    """Whatever keeps us out is one sentence with the server's words; what passes by itself is told apart from what a person must mend."""
    with mailbox(told=told) as box:
        transport = Smtp(Settings(host="127.0.0.1", port=box.port, timeout=0.4 if SILENCE in told.values() else 60, _env_file=None))
        with pytest.raises(error) as caught:
            answers(transport, offers(1))
        assert words in str(caught.value)
        assert f"127.0.0.1:{box.port}" in str(caught.value)


def test_a_server_from_before_1995() -> None:
    """A server that knows HELO only still gets its mail, one command at a time."""
    with mailbox(told={"EHLO": "500 5.5.1 what is that"}) as box:
        _carried(Smtp(Settings(host="127.0.0.1", port=box.port, timeout=60, _env_file=None)))
        assert all(" SIZE=" not in taken.mail and "8BITMIME" not in taken.mail for taken in box.taken)


def test_nobody_there() -> None:
    """No server is TryLater naming where we looked and the settings; an unknown name is Misconfigured."""
    with pytest.raises(TryLater, match=r"No mail server answers at 127.0.0.1:\d+ \(Connection refused\)"):
        answers(Smtp(Settings(host="127.0.0.1", port=nobody_listens(), _env_file=None)), offers(1))
    with pytest.raises(Misconfigured, match="no name of a server"):
        answers(Smtp(Settings(host="bad..name", _env_file=None)), offers(1))


def test_wrong_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong setting is named, its value is not shown, and half a login is refused."""
    monkeypatch.setenv("MAILINGS_SMTP_PORT", "hemmelig")
    with pytest.raises(Misconfigured, match="MAILINGS_SMTP_PORT: ") as caught:
        Smtp.configured()
    assert "hemmelig" not in str(caught.value)
    monkeypatch.setenv("MAILINGS_SMTP_PORT", "2525")
    monkeypatch.setenv("MAILINGS_SMTP_USER", "bjørn")
    with pytest.raises(Misconfigured, match="must both be set"):
        Smtp.configured()
    monkeypatch.setenv("MAILINGS_SMTP_PASSWORD", "hemmelig")
    assert Smtp.configured().name == "smtp"


def test_the_demos_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """While nobody has set a secret, smtp says so with the command that makes one, towards loopback too."""
    monkeypatch.delenv("MAILINGS_SECRET", raising=False)
    settings.cache_clear()
    (sentence,) = Smtp.configured().problems()
    assert 'python -c "import secrets; print(secrets.token_urlsafe(32))"' in sentence
    monkeypatch.setenv("MAILINGS_SECRET", "x" * 32)
    settings.cache_clear()
    assert Smtp.configured().problems() == []
    settings.cache_clear()
