"""LibreOffice prints many documents at a start; what it cannot print, ends it or hangs it costs no other letter."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mailings.content.word.office import NAMES, libreoffice, pdfs_of
from mailings.errors import Misconfigured, TransportError
from mailings.settings import settings
from tests.content.written import written

#: a program in LibreOffice's place that ends in the middle, or hangs, at documents that say so; it notes each start of itself
STAND_IN = """#!/bin/sh
echo start >> "{starts}"
out=""
for word in "$@"; do
  case "$last" in --outdir) out="$word"; mkdir -p "$out";; esac
  last="$word"
  case "$word" in *.docx) ;; *) continue;; esac
  if grep -q CRASH "$word"; then exit 1; fi
  if grep -q HANG "$word"; then sleep 600; fi
  if grep -q REFUSED "$word"; then continue; fi
  printf '%%PDF-1.4\\n%s\\n%%%%EOF' "$(cat "$word")" > "$out/$(basename "$word" .docx).pdf"
done
"""


@pytest.fixture
def starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in is LibreOffice; the file it notes its starts in."""
    program = tmp_path / "soffice"
    program.write_text(STAND_IN.format(starts=tmp_path / "starts"))
    program.chmod(0o755)
    monkeypatch.setenv("MAILINGS_LIBREOFFICE", str(program))
    settings.cache_clear()
    return tmp_path / "starts"


def _made(folder: Path, *documents: bytes, patience: tuple[float, float] = (20, 1)) -> list[str]:
    """What became of each: the text of its file, or the sentence."""
    found = pdfs_of(documents, folder, patience)
    return [one.read_text().splitlines()[1] if isinstance(one, Path) else one for one in found]


def test_many_at_a_start(tmp_path: Path, starts: Path) -> None:
    """All of a group come from one start, in their order."""
    documents = [f"brev {n}".encode() for n in range(30)]
    assert _made(tmp_path / "pdf", *documents) == [document.decode() for document in documents]
    assert starts.read_text().split() == ["start"]


@pytest.mark.parametrize("bad", [b"CRASH", b"REFUSED"])
@pytest.mark.parametrize("at", [0, 2, 4])
def test_a_bad_letter_spoils_no_other(tmp_path: Path, starts: Path, bad: bytes, at: int) -> None:
    """Whatever ends LibreOffice, or is printed by it not at all, wherever it stands, all the others are printed."""
    documents = [b"a", b"b", b"c", b"d", b"e"]
    documents[at] = bad
    made = _made(tmp_path / "pdf", *documents)
    assert [one for n, one in enumerate(made) if n != at] == [one.decode() for one in documents if one != bad]
    assert "no PDF of this letter" in made[at]
    assert not list((tmp_path / "pdf").glob("word-*/"))


def test_what_hangs_is_ended(tmp_path: Path, starts: Path) -> None:
    """A document LibreOffice never comes back from is ended with every process of it, and the others are printed."""
    made = _made(tmp_path / "pdf", b"a", b"HANG", b"c", patience=(5, 0.5))
    assert made[0] == "a"
    assert made[2] == "c"
    assert "no PDF of this letter" in made[1]
    running = subprocess.run(["pgrep", "-f", str(tmp_path / "soffice")], capture_output=True, text=True, check=False)
    assert running.stdout == ""


def test_an_office_that_makes_nothing(tmp_path: Path, starts: Path) -> None:
    """Where nothing becomes a PDF it is not the letters' fault: the mailing is told, no letter is."""
    with pytest.raises(TransportError, match="makes no PDF of any letter"):
        _made(tmp_path / "pdf", b"REFUSED", b"REFUSED", b"REFUSED")


def test_an_office_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without LibreOffice the sentence says what to install; a setting that leads nowhere is named."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Misconfigured, match="install libreoffice-writer-nogui"):
        libreoffice()
    monkeypatch.setenv("MAILINGS_LIBREOFFICE", str(tmp_path / "office"))
    settings.cache_clear()
    with pytest.raises(Misconfigured, match=r"MAILINGS_LIBREOFFICE is .*no program there"):
        libreoffice()


@pytest.mark.skipif(not any(map(shutil.which, NAMES)), reason="LibreOffice is not installed: its letters are left out")
def test_libreoffice_itself(tmp_path: Path) -> None:
    """Real documents become PDF in which their text is found; rubbish among them, even text, is not printed."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed: the text of PDF is not read back")
    found = list(pdfs_of([written("Kjære Åse Ødegård,"), b"<html>not a letter</html>", written("Beste Désirée van der IJssel,")], tmp_path))
    assert [isinstance(one, Path) for one in found] == [True, False, True]
    shown = [
        subprocess.run(["pdftotext", str(one), "-"], capture_output=True, text=True, check=True).stdout for one in (found[0], found[2])
    ]
    assert [text.split("\n")[0] for text in shown] == ["Kjære Åse Ødegård,", "Beste Désirée van der IJssel,"]
