"""What tests of transports may ask for beside what every test may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailings.transports.pdf import Pdf
from tests.transports.pdf_stage import must_print


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[Pdf]:
    """A printer with one process; skips, saying why, where none can be."""
    must_print()
    made = Pdf(tmp_path, 1)
    yield made
    made.close()
