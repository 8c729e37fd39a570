"""What is posted is checked field by field: whatever comes is a value, or a problem with the field's identifier; never a crash."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mailings import clock
from mailings.errors import Untrusted
from mailings.forms.answers import Posted, SentFile, read
from mailings.forms.checking import CHECKS
from mailings.forms.definition import FormPart
from mailings.forms.flooding import PER_ADDRESS, is_full
from mailings.forms.keys import FASTEST, HOLDS, read_key
from mailings.forms.kinds import CUSTOM_AS, KINDS
from mailings.tokens import Tokens
from tests.forms.sent import ASE, FIELDS, SETTINGS, a_key, filled
from web.pages.words import words

PART = FormPart.model_validate({"name": "x", "title": "X", "fields": yaml.safe_load(FIELDS)})
EVERY = [field.identifier for field in PART.every]
SENTENCES = words()["en"]  # what a form's page says of each
PDF = SentFile("c:\\mine\\cv.pdf", "application/pdf", b"%PDF")

TAKEN: list[tuple[str, str, Any]] = [
    ("name", "  Désirée   van der\u200b IJssel ", "Désirée van der IJssel"),
    ("name", "A\u030ase\x00\r\nBcc: x", "Åse Bcc: x"),
    ("email", " Åse <ASE@Fjord.Test> ", "ase@fjord.test"),
    ("mobile", "998 87 766", "+4799887766"),
    ("shoe_size", " 38 ", 38),
    ("dish", "veg", "veg"),
    ("nps", "0", 0),
    ("remark", "<b>en</b>\r\nto  \r\n\r\n", "<b>en</b>\nto"),
    ("consent", "on", True),
]
REFUSED = [
    ("name", "", "mandatory"),
    ("name", "\u0000\t ", "mandatory"),
    ("name", "x" * 501, "too_long"),
    ("email", "åse", "email"),
    ("email", "ase@localhost", "email"),
    ("mobile", "22 00 00 00 00", "mobile"),
    ("shoe_size", "38.5", "integer"),
    ("shoe_size", "٣٨", "integer"),
    ("shoe_size", "19", "too_small"),
    ("shoe_size", "9" * 400, "integer"),
    ("dish", "Kjøtt", "choice"),
    ("days", "ons", "choice"),
    ("nps", "11", "choice"),
    ("topics", "Promotions", "choice"),
    ("remark", "x" * 201, "too_long"),
]


@pytest.mark.parametrize(("identifier", "written", "kept"), TAKEN)
def test_taken(identifier: str, written: str, kept: Any) -> None:
    """What is meant is kept: cleaned, in its normal form, of its kind."""
    answers = filled(PART, ASE | {identifier: [written]})
    assert answers.problems == {}
    assert answers.values[identifier] == kept


@pytest.mark.parametrize(("identifier", "written", "what"), REFUSED)
def test_refused(identifier: str, written: str, what: str) -> None:
    """What cannot be taken has one problem, by its field, with a sentence that can be filled in."""
    answers = filled(PART, ASE | {identifier: [written]})
    assert [(name, problem.what) for name, problem in answers.problems.items()] == [(identifier, what)]
    assert SENTENCES[f"problem_{what}"].format(**answers.problems[identifier].told)


def test_files() -> None:
    """Files keep the last part of their name; too many, too large and of another kind are refused."""
    assert filled(PART, ASE, [PDF, SentFile("b.txt", "text/html; charset=x", b"b")]).values["cv"] == ["cv.pdf", "b.txt"]
    for files, what in (
        ([PDF, PDF, PDF], "too_many_files"),
        ([SentFile("a.pdf", "", b"x" * 10_001)], "file_too_large"),
        ([SentFile("a.pdf.exe", "", b"x")], "file_kind"),
    ):
        assert filled(PART, ASE, files).problems["cv"].what == what


@given(st.dictionaries(st.sampled_from([*EVERY, "other", "__class__"]), st.lists(st.text(max_size=80), max_size=5), max_size=14))
def test_rubbish_never_crashes(posted: dict[str, list[str]]) -> None:
    """Any text in any field, as often as one likes, is taken or refused; what is taken can be stored and was asked for."""
    answers = read(PART, Posted(posted), SETTINGS, look_up=False)
    assert answers.values.keys() | answers.problems.keys() <= set(EVERY)
    assert all(f"problem_{problem.what}" in SENTENCES for problem in answers.problems.values())
    assert "\x00" not in repr(answers.values).replace("\\x00", "\x00")
    repr(answers.values).encode("utf-8")


def test_ten_thousand_fields_of_a_megabyte() -> None:
    """What the form does not have is passed over, and what is huge is refused by its length."""
    posted = {f"field{number}": ["x"] for number in range(10_000)} | ASE | {"remark": ["x" * 1_000_000]}
    assert {name: problem.what for name, problem in filled(PART, posted).problems.items()} == {"remark": "too_long"}


def test_a_resolver_that_does_not_answer_lets_everybody_in() -> None:
    """The look-up of the domain has a time limit, and no answer is no reason to turn anybody away (D29)."""
    assert filled(PART, ASE | {"email": ["ase@fjord.no"]}).problems == {}


def test_every_kind_is_checked() -> None:
    """Whatever a field may hold has a check, but for what is only looked at, and files."""
    assert {*KINDS.values(), *CUSTOM_AS.values()} - CHECKS.keys() == {"nothing", "files"}


def test_keys() -> None:
    """A key holds for its form and version alone; sent within two seconds it is hasty, after a week stale, changed it is nothing."""
    tokens, start = Tokens(SETTINGS.secret.get_secret_value()), datetime(2026, 11, 22, 12, tzinfo=UTC)
    with clock.standing_at(start):
        key = a_key(7)
        assert a_key(7) != key
    for seconds, hasty, stale in ((0, True, False), (FASTEST, False, False), (HOLDS, False, False), (HOLDS + 1, False, True)):
        with clock.standing_at(start + timedelta(seconds=seconds)):
            read = read_key(tokens, 7, key)
            assert (read.hasty, read.stale) == (hasty, stale)
    for form, text in ((8, key), (7, key[:-1] + "!"), (7, ""), (7, key.replace("1-", "2-", 1)), (7, key.partition("-")[2])):
        with pytest.raises(Untrusted):
            read_key(tokens, form, text)


def test_two_at_once_a_third_not_and_one_more_after_ten_minutes() -> None:
    """Test vector (i) of the domain."""
    start = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert not is_full([], start, PER_ADDRESS)
    assert not is_full([start], start, PER_ADDRESS)
    assert is_full([start, start], start, PER_ADDRESS)
    assert is_full([start, start], start + timedelta(minutes=9), PER_ADDRESS)
    assert not is_full([start, start], start + timedelta(minutes=10), PER_ADDRESS)
