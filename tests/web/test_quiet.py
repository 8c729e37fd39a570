"""Nobody learns anything from a link that does not hold: one page, byte for byte, whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailings.db import Database
from mailings.tokens import Kind, Tokens
from tests.examples import tried
from tests.web.opened import SECRET, Answered, Opened, a_delivery, address, opened
from web.rates import Buckets, Rate, Rates

PAGES = [kind for kind in Kind if kind is not Kind.OPEN]  # a pixel that does not hold is a pixel all the same
FORMS = [Kind.UNSUBSCRIBE, Kind.PREFERENCES, Kind.CONFIRM]
FUZZ = settings(max_examples=tried(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def door(db: Database) -> Iterator[Opened]:
    """A door on a database with one message, which asks of nobody to wait."""
    a_delivery(db)
    rates = Rates()
    rates.asks = rates.posts = rates.misses = Buckets(Rate(1e9, 1e9))
    with opened(db, rates=rates) as made:
        yield made


@pytest.fixture
def quiet(door: Opened) -> Answered:
    """The quiet page, as an address that never was shows it."""
    answer = door.ask("GET", "/nothing/at/all")
    assert answer.status == 404
    return answer


def changed(target: str, data: st.DataObject) -> str:
    """The address with its token spoiled: a character changed, cut, doubled, in another case, with rubbish around it."""
    _, letter, token, *rest = target.partition("?")[0].split("/")
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c not in "/?#" and c != token[place]))
    wrong = data.draw(
        st.sampled_from(
            [
                token[:place] + other + token[place + 1 :],
                token[:place],
                token[place + 1 :],
                token + other,
                other + token,
                token + token,
                token.swapcase(),
                token + "\0",
                "\0" + token,
                token * 100,
                "%" + token,
            ]
        )
    )
    query = target.partition("?")[2]
    return "/".join(["", letter, quote(wrong, safe=""), *rest]) + (f"?{query}" if query else "")


@FUZZ
@given(data=st.data(), kind=st.sampled_from(PAGES), method=st.sampled_from(["GET", "HEAD", "POST"]))
def test_a_spoiled_token_is_the_quiet_page(door: Opened, quiet: Answered, data: st.DataObject, kind: Kind, method: str) -> None:
    """Wrong, cut, doubled, in another case, with NULs or escapes: the very bytes an unknown address shows."""
    assert door.ask(method, changed(address(kind, 1), data)) == quiet


@FUZZ
@given(
    kind=st.sampled_from(PAGES), text=st.text(alphabet=st.characters(codec="utf-8"), max_size=80), method=st.sampled_from(["GET", "POST"])
)
def test_rubbish_is_the_quiet_page(door: Opened, quiet: Answered, kind: Kind, text: str, method: str) -> None:
    """Any text at all in place of a token, escaped as a browser would."""
    assert door.ask(method, f"/{kind}/{quote(text, safe='')}") == quiet
    assert door.ask(method, f"/{kind}/{quote(text, safe='')}/1?u={quote(text)}") == quiet


@FUZZ
@given(kind=st.sampled_from(PAGES), raw=st.text(alphabet=[chr(c) for c in range(33, 127) if chr(c) not in "?#"], max_size=80))
def test_any_escapes_at_all_are_the_quiet_page(door: Opened, quiet: Answered, kind: Kind, raw: str) -> None:
    """Whatever stands in the request line, slashes, dots and broken escapes too."""
    assert door.ask("GET", f"/{kind}/{raw}") == quiet


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_foreign_tokens_are_the_quiet_page(door: Opened, quiet: Answered, kind: Kind, method: str) -> None:
    """Signed by another installation, for another kind of page, or for a delivery that never was: nobody can tell which."""
    assert door.ask(method, address(kind, 1, "secret-of-another-installation")) == quiet
    assert door.ask(method, address(kind, 4711)) == quiet or kind is Kind.DYNAMIC  # its address is signed: it leads on for good
    for other in Kind:
        if other is not kind:
            token = Tokens(SECRET).sign(other, 1)
            assert door.ask(method, f"/{kind}/{token}" + ("/1" if kind is Kind.CLICK else "")) == quiet, other


@pytest.mark.parametrize("kind", Kind)
def test_a_wrong_method_is_the_quiet_page(door: Opened, quiet: Answered, kind: Kind) -> None:
    """Also with a token that holds: what a page takes is nobody's business, and TRACE mirrors nothing."""
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW"):
        assert door.ask(method, address(kind, 1), x_secret="mirror me") == quiet, method


def test_the_quiet_page_names_nobody(door: Opened, quiet: Answered) -> None:
    """No person, address, mailing or token stands in it."""
    for word in ("Åse", "Ødegård", "fjord.test", "høst-nytt", address(Kind.UNSUBSCRIBE, 1).split("/")[2]):
        assert word not in quiet.body.decode()


def test_the_quiet_page_speaks_the_browsers_language(door: Opened) -> None:
    """Its language is the browser's, never that of a person: an address must not tell where its reader lives."""
    danish = door.ask("GET", "/u/x", accept_language="da-DK, en;q=0.5")
    assert b'lang="da"' in danish.body
    assert danish == door.ask("GET", "/nothing", accept_language="da-DK, en;q=0.5")


def test_a_pixel_that_does_not_hold_is_a_pixel_all_the_same(door: Opened) -> None:
    """A forged open shows the same picture with the same headers as a true one."""
    assert door.ask("GET", "/o/rubbish") == door.ask("GET", address(Kind.OPEN, 1)) == door.ask("GET", address(Kind.OPEN, 4711))


def test_an_old_secret_is_believed_until_it_is_removed(db: Database) -> None:
    """With a new secret in front links of the old one hold; without the old one they are the quiet page."""
    link = address(Kind.CLICK, a_delivery(db), "the-old-secret")
    with opened(db, secret="the-new-secret the-old-secret") as both:
        assert both.ask("GET", link).status == 302
    with opened(db, secret="the-new-secret") as after:
        assert after.ask("GET", link) == after.ask("GET", "/nothing")


@pytest.mark.parametrize("kind", FORMS)
def test_another_site_can_do_nothing_without_the_token(door: Opened, quiet: Answered, kind: Kind) -> None:
    """There is no cookie and no login a browser would bring along: a post from elsewhere is a stranger's post."""
    for target in (f"/{kind}", f"/{kind}/", f"/{kind}/1"):
        answer = door.press(target, confirm="1", delivery="1")
        assert answer == quiet
