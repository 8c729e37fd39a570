"""The command line as a whole: exit codes, one sentence on standard error, and a quick answer to --help."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import EXIT_CODES
from mailings import errors
from tests.cli.typed import type_in

CODES = [
    ("NotAllowed", 1),
    ("IllegalMove", 1),
    ("Unfinished", 1),
    ("NotFound", 1),
    ("Untrusted", 1),
    ("Unreadable", 2),
    ("BadAddress", 2),
    ("BadTemplate", 2),
    ("Unreachable", 3),
    ("TransportError", 3),
    ("TryLater", 3),
    ("Misconfigured", 3),
]


@pytest.mark.parametrize(("name", "code"), CODES)
def test_every_error_has_its_exit_code(name: str, code: int) -> None:
    """Each error of the domain ends a command with the exit code promised for its kind."""
    error = getattr(errors, name)("Åh nej.")
    assert next(c for kind, c in EXIT_CODES if isinstance(error, kind)) == code


def test_an_unknown_mailing_is_one_sentence(tmp_path: Path) -> None:
    """Exit code 1; nothing on standard output; one line on standard error that names it, brackets and all."""
    type_in(tmp_path, "init")
    told = type_in(tmp_path, "status", "påske [2026]", "--json")
    assert (told.returncode, told.stdout) == (1, "")
    assert len(told.stderr.strip().splitlines()) == 1
    assert "påske [2026]" in told.stderr


def test_what_cannot_be_read_is_exit_code_2(tmp_path: Path) -> None:
    """A file that is no list and a folder that is no mailing: one sentence each, and nothing stored."""
    type_in(tmp_path, "init")
    (tmp_path / "people.xlsx").write_bytes(b"PK\x03\x04 but no workbook")
    for words in (("people", "import", "people.xlsx"), ("push", "nowhere")):
        told = type_in(tmp_path, *words)
        assert told.returncode == 2, told.stderr
        assert "Traceback" not in told.stderr
    assert json.loads(type_in(tmp_path, "list", "--json").stdout) == []


def test_help_does_not_wait_for_prefect() -> None:
    """--help imports neither Prefect, openpyxl nor Alembic: nobody should wait two seconds to be told what there is."""
    asked = "import sys; from cli.main import application; application()(['--help'], standalone_mode=False); "
    told = subprocess.run(
        [sys.executable, "-c", asked + "print('loaded', {'prefect', 'openpyxl', 'alembic'} & set(sys.modules))"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "loaded set()" in told.stdout, told.stdout[-300:] + told.stderr
