"""DMARC records as people publish them, and whose names are the same owner's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from mailings.sending.dns import dmarc
from mailings.sending.dns.believed import dmarc_line, mx_line
from mailings.sending.dns.records import Heard

FJORD = "xn--fjordhj-n3a.no"


@hypothesis(deadline=None)
@given(st.lists(st.text(max_size=60) | st.sampled_from(["v=DMARC1", "v=DMARC1; p=none; sp==;;", "v=DMARC1;=;p"]), max_size=3))
def test_rubbish_in_the_dns(records: list[str]) -> None:
    """Whatever somebody has published, it is a policy, or none that can be read; nothing crashes."""
    heard = {question: Heard(tuple(records)) for question in dmarc.questions(f"news.{FJORD}")}
    policy = dmarc.policy_of(f"news.{FJORD}", heard)
    assert policy is None or isinstance(policy, dmarc.Policy)
    lines_ = (dmarc_line(FJORD, policy, [FJORD], ""), mx_line(FJORD, heard[dmarc.questions(FJORD)[0]], writes=True))
    assert all(line.note for line in lines_)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("news.fjord.no", "fjord.no", True),
        ("news.fjord.no", "post.fjord.no", True),
        ("fjord.no", "fjell.no", False),
        ("acme.co.uk", "other.co.uk", False),
        ("news.acme.co.uk", "acme.co.uk", True),
        ("evilfjord.no", "fjord.no", False),
    ],
)
def test_whose_names_are_whose(one: str, other: str, *, same: bool) -> None:
    """Names below one that somebody registered are the same owner's; two under co.uk are two owners'."""
    assert dmarc.aligned(one, other, strict=False) is dmarc.aligned(other, one, strict=False) is same
    assert not dmarc.aligned(one, other, strict=True)
