"""Ten megabytes for everybody: what a sender holds does not grow with the number of people."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.sink import program, sink
from tests.stories.conftest import MAILING, Office
from tests.stories.test_bad_worlds import ledger, smtp

pytestmark = [
    pytest.mark.slow,
    pytest.mark.prefect,
    pytest.mark.xdist_group("worlds"),
    pytest.mark.parametrize("any_db", ["sqlite"], indirect=True),
    pytest.mark.skipif(program("smtp-sink") is None, reason="smtp-sink (Debian's postfix) is not installed"),
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="what a process holds is read from /proc"),
]

PEOPLE, BY = 120, 50  # in batches of fifty: all that is measured lies in different ones
#: a command, in an interpreter that has imported nothing else, which notes at its 40th answer and its 110th the most memory it has held so
#: far, in kB. Who looks from outside may come when all are sent, and the summary of the run is drawn.
NOTING = """
import sys
from pathlib import Path
from cli.main import main
from mailings import seams

answers = 0

def note(seam, side):
    global answers
    if (seam, side) == (seams.Seam.ANSWER, "after"):
        answers += 1
        if answers in (40, 110):
            with open("peaks", "a") as peaks:
                print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0], file=peaks)

seams.watch(note)
main()
"""


def test_ten_megabytes_for_everybody(office: Callable[..., Office]) -> None:
    """A 10 MB attachment to 120 people, 1.6 GB on the wire: the peak after 110 is the peak after 40, within a tenth."""
    with sink() as server:
        desk = office(PEOPLE, **smtp(server.port, TIMEOUT=60))
        folder = desk.folder / "host-nytt"
        (folder / "årsmelding.pdf").write_bytes(b"%PDF-1.4\n" + os.urandom(10_000_000))
        (folder / "mailing.yaml").write_text(f"{MAILING}attachments: [årsmelding.pdf]\n")
        assert desk.command("push", "host-nytt").returncode == 0
        command = [sys.executable, "-c", NOTING, "send", "host-nytt", "--batch-size", str(BY)]
        ended = subprocess.run(command, cwd=desk.folder, env=desk.environment, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr
    early, late = map(int, (desk.folder / "peaks").read_text().split())
    assert len(ledger(desk, "sent")) == PEOPLE
    assert late <= early * 1.1
