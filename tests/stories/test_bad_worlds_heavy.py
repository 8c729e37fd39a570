"""Ten megabytes for everybody: what a sender holds does not grow with the number of people."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.sink import program, sink
from tests.stories.conftest import MAILING, Office
from tests.stories.test_bad_worlds import ledger, smtp
from tests.stories.test_killed import until_sent

pytestmark = [
    pytest.mark.slow,
    pytest.mark.prefect,
    pytest.mark.xdist_group("worlds"),
    pytest.mark.parametrize("any_db", ["sqlite"], indirect=True),
    pytest.mark.skipif(program("smtp-sink") is None, reason="smtp-sink (Debian's postfix) is not installed"),
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="what a process holds is read from /proc"),
]

PEOPLE, BY = 120, 50  # in batches of fifty: all that is measured lies in different ones


def peak_of(pid: int) -> int:
    """The most memory the process has held at any time so far, in kB (VmHWM)."""
    words = Path(f"/proc/{pid}/status").read_text().split()
    return int(words[words.index("VmHWM:") + 1])


def test_ten_megabytes_for_everybody(office: Callable[..., Office]) -> None:
    """A 10 MB attachment to 120 people, 1.6 GB on the wire: the peak after 110 is the peak after 40, within a tenth."""
    with sink() as server:
        desk = office(PEOPLE, **smtp(server.port, TIMEOUT=60))
        folder = desk.folder / "host-nytt"
        (folder / "årsmelding.pdf").write_bytes(b"%PDF-1.4\n" + os.urandom(10_000_000))
        (folder / "mailing.yaml").write_text(f"{MAILING}attachments: [årsmelding.pdf]\n")
        assert desk.command("push", "host-nytt").returncode == 0
        with desk.started("send", "host-nytt", "--batch-size", str(BY), cold=True) as running:
            until_sent(desk, running, 40, patience=120)
            early = peak_of(running.pid)
            until_sent(desk, running, 110, patience=120)
            late = peak_of(running.pid)
            _, said = running.communicate(timeout=120)
    assert running.returncode == 0, said
    assert len(ledger(desk, "sent")) == PEOPLE
    assert late <= early * 1.1
