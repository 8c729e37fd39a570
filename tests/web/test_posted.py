"""Whatever is posted is read or left aside; and what a page shows of an address is no more than its owner needs."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from mailings.db import Database
from mailings.model import Consent, OptOut
from mailings.tokens import Kind
from tests.examples import tried
from tests.web.readers import Readers, readers
from web.whose import hidden

TYPES = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/plain",
    "application/json",
    "",
]
NAMES = st.sampled_from(["consent", "was_consent", "topic", "was_taken", "was_refused", "language", "fresh2", "Ærlig", "\0"])
FORMS = st.lists(st.tuples(NAMES, st.text(max_size=12)), max_size=8)


@pytest.fixture
def there(db: Database) -> Readers:
    """Readers of a mailing that went out."""
    return readers(db)


@settings(max_examples=tried(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), kind=st.sampled_from(TYPES), page=st.sampled_from([Kind.UNSUBSCRIBE, Kind.PREFERENCES]))
def test_any_body_is_answered_and_changes_nothing(there: Readers, body: bytes, kind: str, page: Kind) -> None:
    """Bytes that are no form of ours show the page again."""
    answer = there.client.post(there.link(page, there.person), content=body, headers={"content-type": kind} if kind else {})
    assert answer.status_code == 200
    with there.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(OptOut)) == 0
        assert session.scalar(select(func.count()).select_from(Consent)) == 1


@settings(max_examples=tried(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=FORMS)
def test_any_form_is_answered(there: Readers, fields: list[tuple[str, str]]) -> None:
    """Fields of the preferences page with any values, in any number, in any order."""
    parts = [(name, (None, value.encode("utf-8", "replace"))) for name, value in [*fields, ("save", "yes")] if "\0" not in name]
    assert there.client.post(there.link(Kind.PREFERENCES, there.person), files=parts).status_code == 200


@pytest.mark.parametrize(
    ("address", "shown"),
    [("aase@fjord.test", "aa…"), ("bo@fjord.test", "b…"), ("b@fjord.test", "b…"), ('"a@b"@fjord.test', '"a…')],
)
def test_an_address_is_shown_partly(address: str, shown: str) -> None:
    """Two letters of a long name, one of a short one, and the domain."""
    assert hidden(address) == f"{shown}\u2060@fjord.test"
    assert hidden("") == ""
