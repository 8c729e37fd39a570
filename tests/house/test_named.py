"""How tests are named: alike whoever collects them, and whenever."""

from __future__ import annotations

import pytest

ZIP = "PK\\x03\\x04\\x14"  # how the name of a test begins that is called by a document written a moment ago


def test_no_test_is_called_by_the_time(request: pytest.FixtureRequest) -> None:
    """Each worker collects for itself: a document in a name holds the second it was written in; where two differ nothing is run."""
    assert not [item.nodeid for item in request.session.items if ZIP in item.nodeid]
