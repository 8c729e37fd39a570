"""A captcha is asked of its provider, here a server on loopback that says what it is told, with a time-out and our secret alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from mailings.db import Database
from tests.doubles.saying import HANGS_UP, Exchange, Says, serving
from tests.web.formed import Formed, formed

PROVEN = "10000000-aaaa-bbbb-cccc-000000000001"
SECRET = "0x-hemmelig"
ANSWERS = {"hcaptcha": "h-captcha-response", "recaptcha": "g-recaptcha-response"}


@dataclass
class Asked:
    """What the provider was asked, and what it says instead of the truth."""

    posts: list[dict[str, list[str]]] = field(default_factory=list)
    instead: Says | None = None


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider here answers or hangs up: on no machine is it taken for one that is away because it is slow."""
    monkeypatch.setattr("web.public.captcha.PATIENCE", 60.0)


@contextmanager
def provider() -> Iterator[tuple[str, Asked]]:
    """A provider that knows one answer, once; its address and what it heard."""
    asked, used = Asked(), set[str]()

    class Verify(Exchange):
        """Checks an answer as both providers do."""

        def do_POST(self) -> None:  # noqa: N802  http.server's name
            """One check."""
            told = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            asked.posts.append(told)
            answer = told["response"][0]
            good = told["secret"] == [SECRET] and answer == PROVEN and answer not in used
            used.add(answer)
            codes = [] if good else ["invalid-input-secret" if told["secret"] != [SECRET] else "timeout-or-duplicate"]
            self.say(asked.instead or Says(200, json.dumps({"success": good, "error-codes": codes}).encode()))

    with serving(Verify) as port:
        yield f"http://127.0.0.1:{port}/siteverify", asked


def guarded(db: Database, verify: str, kind: str = "hcaptcha", secret: str = SECRET) -> Formed:
    """A form that asks for a captcha, behind a door that has keys."""
    keys = {"captcha_kind": kind, "captcha_site_key": "nøkkel", "captcha_secret": SecretStr(secret), "captcha_verify_url": verify}
    return formed(db, settings=keys, captcha=kind)


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_person_passes_and_whoever_shows_no_answer_does_not(db: Database, kind: str) -> None:
    """Without an answer, or with one the provider does not know: a sentence, all still written. A good one is taken, twice is once."""
    with provider() as (verify, asked):
        there = guarded(db, verify, kind)
        for wrong in ("", "guessed", "x" * 9_000):
            page = there.send(**{ANSWERS[kind]: wrong})
            assert (page.status_code, there.submissions()) == (422, [])
            assert "Vis at du er et menneske." in page.text
            assert 'value="Åse Ødegård"' in page.text
        key = there.key()
        assert [there.send(key=key, **{ANSWERS[kind]: PROVEN}).status_code for _ in range(2)] == [200, 200]
    assert len(there.submissions()) == 1
    assert [post["response"] for post in asked.posts] == [["guessed"], [PROVEN]]
    assert asked.posts[-1].keys() == {"secret", "response", "sitekey"}, "the visitor's address is not told"


def test_the_page_allows_the_provider_and_nobody_else(db: Database) -> None:
    """Its script and frame, on the page that shows it; thanks and other forms allow our own script alone. The secret stands nowhere."""
    with provider() as (verify, _):
        there = guarded(db, verify, "recaptcha")
        page, thanks = there.client.get(there.path), there.send(**{ANSWERS["recaptcha"]: PROVEN})
    policy = page.headers["content-security-policy"]
    assert "script-src 'self' https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/;" in policy
    assert "frame-src https://www.google.com/recaptcha/" in policy
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "strict-origin"
    assert 'data-sitekey="nøkkel"' in page.text
    assert "<noscript>" in page.text
    assert SECRET not in page.text + thanks.text
    assert "google" not in thanks.headers["content-security-policy"] + thanks.text
    assert thanks.headers.get("referrer-policy") != "strict-origin"


@pytest.mark.parametrize("instead", [HANGS_UP, Says(503, b"{}"), Says(200, b"<html>")])
def test_forms_are_taken_while_the_provider_is_away(db: Database, instead: Says, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is turned away for its trouble: the other guards hold, and the log says so; what has no answer at all is refused even then."""
    with provider() as (verify, asked):
        there, asked.instead = guarded(db, verify), instead
        assert there.send().status_code == 422
        assert there.send(**{ANSWERS["hcaptcha"]: "anything"}).status_code == 200
    assert "does not answer" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("keys", ["none", "of another kind", "wrong secret", "sent in the open"])
def test_keys_that_do_not_hold_are_told_to_us_and_not_to_visitors(db: Database, keys: str) -> None:
    """Then a form that asks for a captcha says it cannot answer now: it is neither open to programs nor wrong with its visitor."""
    with provider() as (verify, _):
        if keys == "none":
            there = formed(db, captcha="hcaptcha")
        elif keys == "of another kind":
            there = formed(db, settings={"captcha_kind": "recaptcha"}, captcha="hcaptcha")
        else:
            there = guarded(db, verify if keys == "wrong secret" else "http://vindheim.test/verify", secret="wrong")
        proven = {ANSWERS["hcaptcha"]: PROVEN}
        answer = there.send(**proven) if keys == "wrong secret" else there.client.get(there.path)
        assert (answer.status_code, there.submissions()) == (503, [])
        assert "CAPTCHA" not in answer.text
