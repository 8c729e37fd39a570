"""Mail servers that are not in the measured set are understood too: messages written by hand after what those servers are known to write.

A sample begins with what is expected: `kind: ...` unless it is a bounce, then ADDRESS | KIND | WHY for each recipient.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mailings.channels.email.bounces import read_bounce

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.txt"))


def test_there_are_samples() -> None:
    """A folder that was lost on the way proves nothing."""
    assert len(SAMPLES) >= 45


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_server_is_understood(sample: Path) -> None:
    """Who did not get it, of which kind that is and why, in the words of this server."""
    expected, _, message = sample.read_bytes().partition(b"\n\n")
    wanted = expected.decode().strip().split("; ")
    kind = wanted.pop(0).removeprefix("kind: ") if wanted[0].startswith("kind: ") else "bounce"
    read = read_bounce(message)
    assert [f"{one.address} | {one.kind} | {one.why}" for one in read.recipients] == wanted
    assert read.kind == kind
    assert all(0 < one.confidence < 1 and len(one.said) <= 400 for one in read.recipients)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_carriage_returns_change_nothing(sample: Path) -> None:
    """The same message as it comes from the network is read the same."""
    message = sample.read_bytes().partition(b"\n\n")[2]
    assert read_bounce(message.replace(b"\n", b"\r\n")) == read_bounce(message)
