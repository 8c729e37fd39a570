"""A part of `make torture` for every day: kills drawn at random from all passages, once and twice, through every transport."""

from __future__ import annotations

import random
import subprocess
import sys

import orjson

from tests.house.tree import ROOT
from tests.torture.far_sides import transports


def test_killed_at_random_passages() -> None:
    """Wherever a sender is killed, once or twice, going on serves everybody else, nobody twice, and the books say so."""
    seed = random.randrange(10**6)
    command = [sys.executable, "-m", "tests.torture", "--database", "sqlite", "--random", "18", "--seed", str(seed), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.stdout, f"seed {seed}: {done.stderr}"
    found = orjson.loads(done.stdout)
    assert found["broken"] == [], f"seed {seed}"
    assert done.returncode == 0
    assert sorted(found["transports"]) == sorted(transports())
    assert found["killed"] >= 30, f"seed {seed}: {found['not_met']}"
