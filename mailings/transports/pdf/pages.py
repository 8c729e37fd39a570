"""PDF put together of PDFs, without reading what is on their pages."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from mailings.content.word.office import pdfs_of


@dataclass(slots=True)
class Printed:
    """A group of letters: the pages of each, 0 where there is none; why there is none; one PDF of all that have some."""

    pages: list[int] = field(default_factory=list)
    troubles: list[str | None] = field(default_factory=list)
    pdf: bytes = b""


def one_after_another(pdfs: Sequence[bytes]) -> bytes:
    """All pages of these as one PDF; empty where there are none."""
    if len(pdfs) < 2:
        return pdfs[0] if pdfs else b""
    import pikepdf  # noqa: PLC0415  10 MB that no sender of e-mail need hold

    into = io.BytesIO()
    with pikepdf.new() as whole:
        sources = [pikepdf.open(io.BytesIO(pdf)) for pdf in pdfs]
        for source in sources:
            whole.pages.extend(source.pages)
        whole.save(into)
    return into.getvalue()


def in_word(documents: Sequence[bytes]) -> Printed:
    """Word documents as one PDF, made by LibreOffice. Raises Misconfigured, or TransportError where it makes nothing of anything."""
    done, pdfs = Printed(), []
    with TemporaryDirectory(prefix="letters-") as folder:
        for made in pdfs_of(documents, Path(folder)):
            pdf = made.read_bytes() if isinstance(made, Path) else b""
            done.pages.append(_pages_in(pdf) if pdf else 0)
            done.troubles.append(None if isinstance(made, Path) else made)
            pdfs += [pdf] if pdf else []
    done.pdf = one_after_another(pdfs)
    return done


def _pages_in(pdf: bytes) -> int:
    import pikepdf  # noqa: PLC0415  as above

    with pikepdf.open(io.BytesIO(pdf)) as found:
        return len(found.pages)
