"""mailing.yaml: what is wrong with it is told key by key, all at once, with what was meant."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailings.audience.folder import read_folder
from mailings.errors import Unreadable
from tests.audience.people import folder

WRONG = [
    ({"sujbect": "Hei"}, "unknown key 'sujbect'; did you mean subject"),
    ({"zzzz": 1}, "unknown key 'zzzz'; there are name, type, subject, from"),
    ({"from": {"nme": "Acme"}}, r"unknown key 'from\.nme'; did you mean name"),
    ({"from": {"use": "boss"}}, r"from\.use is 'boss'; it can be 'always', 'our_contact' or 'support_contact'"),
    ({"type": "mail"}, "type is 'mail'; it can be 'email', 'sms', 'document' or 'form_response'"),
    ({"name": "høst nyt"}, "name is 'høst nyt'; use letters, digits and hyphens only"),
    ({"sources": [{"selektion": "X"}]}, r"unknown key 'sources number 1\.selektion'; did you mean selection"),
    ({"sources": [{"project": "X", "person": "Y"}]}, "sources number 1: name exactly one of"),
    ({"sources": [{"selection": "X"}, {"import": "a.csv", "unknown": "keep"}]}, "sources number 2: .*needs the consent basis you hold"),
    ({"sources": [{"import": "a.csv", "consent": "withdrawn"}]}, "withdrawn is no consent"),
    ({"sources": [{"selection": "X", "consent": "consent"}]}, "consent and unknown belong to an import"),
    ({"options": {"prefer_company": True}}, "prefer_company needs include_companies"),
    ({"in_doubt": {"after": "72"}}, r"in_doubt\.after: write a time like 90m, 72h or 3d"),
    ({"rate": -1}, "rate is -1: input should be greater than 0"),
    ({"approval": {"abov": 3}}, r"unknown key 'approval\.abov'; did you mean above"),
    ({"tracking": {"utm": {"medium": "x"}}}, r"tracking\.utm\.medium"),
    ({"links": {"mitt tilbud": {"url": "x"}}}, r"links\.mitt tilbud"),
    ({"links": {"tilbud": {}}}, r"links\.tilbud\.url is missing"),
    ({"links": {"tilbud": {"url": "javascript:alert(1)"}}}, r"links\.tilbud\.url: .* no address a reader can open"),
    ({"links": {"blåbær": {"url": "blåbær.test"}}}, r"links\.blåbær\.url: .* write it whole"),
]


@pytest.mark.parametrize(("keys", "told"), WRONG)
def test_a_wrong_key_is_named(tmp_path: Path, keys: dict[str, object], told: str) -> None:
    """A key nobody knows or a value that cannot be is one sentence that names it and what it could have been."""
    with pytest.raises(Unreadable, match=told):
        read_folder(folder(tmp_path, **keys))


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A pipe is not waited for, a folder not read."""
    make(tmp_path / "mailing.yaml")
    with pytest.raises(Unreadable, match=r"mailing\.yaml is no file\."):
        read_folder(tmp_path)


def test_all_problems_at_once(tmp_path: Path) -> None:
    """Nobody has to push five times to hear of five mistakes."""
    with pytest.raises(Unreadable, match=r"mailing\.yaml has 3 problems:\n") as raised:
        read_folder(folder(tmp_path, sujbect="x", type="mail", rate="mange"))
    assert str(raised.value).count("\n  - ") == 3


TEXTS = [
    (b"name: [a", r"is no YAML \(line 1, character 9"),
    (b"- a\n- b", "does not hold a mailing"),
    (b"", "does not hold a mailing"),
    (b"\xff\xfe\x00", "is not UTF-8"),
    (b"type: email", "name is missing"),
    (b"name: " + b"a" * 1_100_000, "does not hold a mailing"),
    (b"name: a\ntype: email\nname: b", r"is no YAML \(line 3, character 1: name stands here twice\)"),
    (b"name: a\ntracking: {opens: true, opens: false}", "opens stands here twice"),
    (b"!!python/object/apply:os.system ['true']", "is no YAML"),
]


@pytest.mark.parametrize(("written", "told"), TEXTS)
def test_what_is_no_mailing(tmp_path: Path, written: bytes, told: str) -> None:
    """A file that is no YAML, no mailing or no text is one sentence."""
    (tmp_path / "mailing.yaml").write_bytes(written)
    with pytest.raises(Unreadable, match=told):
        read_folder(tmp_path)


def test_no_folder(tmp_path: Path) -> None:
    """A folder without mailing.yaml says what a mailing is."""
    with pytest.raises(Unreadable, match=r"There is no mailing\.yaml in .*; a mailing is a folder"):
        read_folder(tmp_path / "nope")


def test_defaults(tmp_path: Path) -> None:
    """What is left out has the value cli.md shows; numbers where text belongs are taken as text."""
    part = read_folder(folder(tmp_path, subject=2026, preheader=None or ""))
    assert part.subject == "2026"
    assert part.options.model_dump() == {
        "override_consent": False,
        "one_per_address": True,
        "update_when_sending": True,
        "include_companies": False,
        "prefer_company": False,
    }
    assert (part.tracking.opens, part.tracking.clicks, part.reply_to.use, part.sender.use) == (True, "all", "from", "always")
    assert (part.in_doubt.policy, part.in_doubt.after.total_seconds()) == ("drop", 72 * 3600)


def refusal(made: Path) -> str:
    """What is said about a folder; for one that can be read, that it can."""
    try:
        read_folder(made)
    except Unreadable as error:
        return str(error)
    return "mailing.yaml can be read"


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8
)
keys = st.sampled_from(
    ["name", "type", "from", "reply_to", "sources", "options", "tracking", "links", "approval", "images", "in_doubt", "sms"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(written=st.dictionaries(keys, values, max_size=6))
def test_any_values_are_read_or_refused(tmp_path: Path, written: dict[str, object]) -> None:
    """Whatever stands behind the keys, the reader answers with a mailing or with its sentences."""
    assert "mailing.yaml" in refusal(folder(tmp_path, **written))
