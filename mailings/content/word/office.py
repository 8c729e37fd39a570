"""Word documents made PDF by LibreOffice: many for each start of it, in a process of its own that is ended when it hangs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from mailings.errors import Misconfigured, TransportError
from mailings.settings import settings

NAMES = ("soffice", "libreoffice")
NOT_INSTALLED = (
    "Letters written in Word are printed by LibreOffice, and it is not installed: install libreoffice-writer-nogui (Debian, Ubuntu) or "
    "LibreOffice, or set MAILINGS_LIBREOFFICE to where its soffice is."
)
#: seconds for a start, the first of a profile being the longest, and for each letter; past them it hangs
PATIENCE = (90.0, 5.0)
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""  # noqa: E501  as LibreOffice writes it: no macros, nothing fetched from elsewhere

_THIS_ONE = "LibreOffice could make no PDF of this letter."


def libreoffice() -> str:
    """Where LibreOffice is: MAILINGS_LIBREOFFICE, else on PATH. Raises Misconfigured saying what to install."""
    chosen = settings().libreoffice
    found = shutil.which(chosen) if chosen else next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise Misconfigured(f"MAILINGS_LIBREOFFICE is {chosen}, and there is no program there." if chosen else NOT_INSTALLED)
    return found


def pdfs_of(pages: Sequence[bytes], folder: Path, patience: tuple[float, float] = PATIENCE) -> Iterator[Path | str]:
    """Of each document, in order, its PDF as a file in `folder`, or the sentence why there is none. A bad one does not spoil the others.

    Where not all became PDF, the first that did not is tried alone, and those behind it go on without it: LibreOffice stops at what
    ends or hangs it. `patience`: as `PATIENCE`.
    Raises Misconfigured without LibreOffice, TransportError where it makes nothing of anything.
    """
    program, made = libreoffice(), dict[int, Path]()
    folder.mkdir(parents=True, exist_ok=True)
    waiting, failed = list(range(len(pages))), 0
    while waiting:
        made |= _converted(program, {n: pages[n] for n in waiting}, folder, patience)
        waiting = [n for n in waiting if n not in made]
        if not waiting:
            break
        first, waiting = waiting[0], waiting[1:]
        alone = _converted(program, {first: pages[first]}, folder, patience)
        made |= alone
        failed += not alone
        if failed > 1 and not made:
            raise TransportError(f"LibreOffice ({program}) makes no PDF of any letter; see what it says: {program} --version")
    for n in range(len(pages)):
        yield made.get(n, _THIS_ONE)


def _converted(program: str, wanted: Mapping[int, bytes], folder: Path, patience: tuple[float, float]) -> dict[int, Path]:
    """One start: number of the page -> its PDF, for those that became one."""
    made = {}
    with TemporaryDirectory(prefix="word-", dir=folder) as scratch:
        place = Path(scratch)
        names = [place / f"{n}.docx" for n in wanted]
        for name, document in zip(names, wanted.values(), strict=True):
            name.write_bytes(document)
        _run(program, names, place / "pdf", patience[0] + patience[1] * len(names))
        for n in wanted:
            pdf = place / "pdf" / f"{n}.pdf"
            if pdf.is_file() and _is_whole(pdf):
                made[n] = pdf.replace(folder / f"{place.name}-{n}.pdf")
    return made


def _run(program: str, documents: Sequence[Path], out: Path, seconds: float) -> None:
    """Let LibreOffice convert; what became of it the files say. Its whole group of processes is ended when it takes longer, or we end."""
    profile = out.parent / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    command = [
        *(program, f"-env:UserInstallation={profile.resolve().as_uri()}", "--headless", "--norestore", "--nolockcheck", "--nologo"),
        "--infilter=MS Word 2007 XML",  # else it prints what is no Word document as the text it finds in it
        *("--convert-to", "pdf:writer_pdf_Export", "--outdir", str(out), *map(str, documents)),
    ]
    surroundings = {"PATH": os.environ.get("PATH", ""), "HOME": str(profile), "LANG": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"}
    quiet = subprocess.DEVNULL
    office = subprocess.Popen(  # noqa: S603  the program the installation names
        command, env=surroundings, start_new_session=True, stdin=quiet, stdout=quiet, stderr=quiet
    )
    try:
        with suppress(subprocess.TimeoutExpired):
            office.wait(seconds)
    finally:
        if office.poll() is None:
            os.killpg(office.pid, signal.SIGKILL)  # soffice is a script around the program itself
            office.wait()


def _is_whole(pdf: Path) -> bool:
    """False for what was begun when the process ended."""
    with pdf.open("rb") as file:
        if file.read(5) != b"%PDF-":
            return False
        file.seek(-min(1024, pdf.stat().st_size), os.SEEK_END)
        return b"%%EOF" in file.read()
