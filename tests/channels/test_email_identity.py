"""A Message-ID leads back to its delivery, and only we can make one: numbers run on, and the mailing's mark is known to its readers."""

from __future__ import annotations

from email import message_from_bytes

from hypothesis import given
from hypothesis import strategies as st

from mailings.channels.email.identity import mark_of, message_id, named_by
from mailings.tokens import Tokens
from tests.channels.made import compiled, mailing, row

TOKENS = Tokens("a-secret-of-the-tests")
DELIVERIES = st.integers(min_value=1, max_value=10**18 - 1)


@given(DELIVERIES, DELIVERIES)
def test_there_and_back(delivery: int, other: int) -> None:
    """It names its delivery and the mark of its mailing; given another number, or read with another secret, it names none."""
    made = mailing()
    written = message_id(made, "post.test", TOKENS)(delivery)
    assert named_by(f" {written} (as received)", TOKENS) == (delivery, mark_of(made))
    assert named_by(written, Tokens("a-new-one")) is None
    assert named_by(written, Tokens("a-new-one a-secret-of-the-tests")) == (delivery, mark_of(made))
    if other != delivery:
        assert named_by(written.replace(f"<{delivery}.", f"<{other}."), TOKENS) is None


@given(DELIVERIES, st.data())
def test_cut_or_changed(delivery: int, data: st.DataObject) -> None:
    """A place of its own mark changed, or taken away, or all of it: nobody's."""
    written = message_id(mailing(), "post.test", TOKENS)(delivery)
    at = written.index("@")
    place = data.draw(st.integers(at - 12, at - 1))
    letter = data.draw(st.sampled_from("0123456789abcdef").filter(lambda c: c != written[place]))
    for wrong in (
        written[:place] + letter + written[place + 1 :],
        written[:place] + written[place + 1 :],
        written[: at - 12] + written[at:],
    ):
        assert named_by(wrong, TOKENS) is None


def test_of_a_message() -> None:
    """What leaves has it, and it is not the mark of the envelope: who sees the one cannot write to the other."""
    made = compiled(mailing())
    sent = message_from_bytes(made.offer(row(made, 41, "desiree@fjord.test", name="Désirée van der IJssel")).message.mime())
    assert named_by(sent["Message-ID"], TOKENS) == (41, mark_of(mailing()))
    assert TOKENS.bounce_mark(41) not in sent["Message-ID"]
