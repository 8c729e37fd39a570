"""Where signing in leads on to: to pages of the desk, whatever an address asks for."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from mailings.db import Database
from tests.web.desk.arriving import a_user, visiting
from web.desk.signing import START, within

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


WITHIN_PIECES = st.lists(
    st.sampled_from(["/", "\\", "//", "..", "%2f", "%5c", "%2e%2e", "evil.test", "@", ":", "http:", "\t", "\n", "?", "#", "a"])
)


@given(pieces=WITHIN_PIECES)
@example(pieces=["//", "evil.test"])
@example(pieces=["/", "\\", "evil.test"])
@example(pieces=["/", "%5c", "evil.test"])
@example(pieces=["/", "..", "/", "..", "/"])
def test_signing_in_leads_to_no_other_site(pieces: list[str]) -> None:
    """Whatever stands in `to`, the way on stays below /desk: one slash, no dots, nothing a browser reads as another."""
    to = within("".join(pieces))
    path = to.partition("?")[0].partition("#")[0]
    assert path.startswith("/")
    assert not path.startswith("//")
    assert not {"\\", "\n", "\t"} & set(to)
    assert ".." not in path
    assert "%2e" not in path.lower() or to == START


def test_headers_cannot_be_added_by_what_is_asked_for(db: Database) -> None:
    """A line end in `to` or in a name makes no header and no cookie."""
    a_user(db)
    with visiting(db) as visitor:
        answer = visitor.sign_in("åse", to="/links\r\nset-cookie: x=1")
        assert (answer.headers["location"], "x=1" in str(answer.headers)) == ("/desk/mailings", False)
        visitor.client.cookies.clear()
        assert "x=1" not in str(visitor.look("/nowhere?a=%0d%0aset-cookie:%20x=1").headers.get_list("set-cookie"))
