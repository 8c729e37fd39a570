"""Binds pages of many PDFs into one with a bookmark a letter, in time and memory that grow with the pages and no faster.

Page by page, pikepdf keeps its list of all pages true after each (35 s for 20,000); here the tree of pages is written once, at the end.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, String

BRANCH = 200  # pages on a branch of the tree
_INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
SPARE = 200  # files that are open beside parts
A4 = (0, 0, 595.276, 841.89)


class Book:
    """A PDF in the making."""

    def __init__(self) -> None:
        self.pages = 0
        self._pdf, self._parts = pikepdf.new(), dict[Path, pikepdf.Pdf]()
        self._branches: list[list[Object]] = []
        self._marks: list[tuple[str, Object]] = []

    def __enter__(self) -> Self:
        """For the block; nothing is written before `save`."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Let go of all parts."""
        for part in self._parts.values():
            part.close()
        self._pdf.close()

    def letter(self, part: Path, first: int, pages: int, title: str) -> None:
        """Pages of a part behind those that are there, under a bookmark. Raises OSError and pikepdf's errors."""
        if part not in self._parts:
            _let_open(len(self._parts) + SPARE)
            self._parts[part] = pikepdf.open(part)
        source = self._parts[part]
        for nth in range(first, first + pages):
            page = self._bound(_whole(source.pages[nth].obj))
            if nth == first:
                self._marks.append((title, page))

    def blank(self) -> None:
        """An empty page as large as the one before it."""
        size = self._branches[-1][-1].get("/MediaBox", Array(A4))
        self._add(self._pdf.make_indirect(Dictionary(Type=Name.Page, MediaBox=size, Resources=Dictionary())))

    def save(self, into: Path) -> None:
        """Write it."""
        root = self._pdf.make_indirect(Dictionary(Type=Name.Pages, Count=self.pages, Kids=Array()))
        for pages in self._branches:
            branch = self._pdf.make_indirect(Dictionary(Type=Name.Pages, Count=len(pages), Kids=Array(pages), Parent=root))
            for page in pages:
                page.Parent = branch
            root.Kids.append(branch)
        self._pdf.Root.Pages = root
        self._pdf.Root.Outlines = self._bookmarks()
        self._pdf.Root.PageMode = Name.UseOutlines
        self._pdf.save(into, object_stream_mode=pikepdf.ObjectStreamMode.generate)

    def _bound(self, page: Object) -> Object:
        bound = self._pdf.copy_foreign(page)
        self._add(bound)
        return bound

    def _add(self, page: Object) -> None:
        if not self._branches or len(self._branches[-1]) == BRANCH:
            self._branches.append([])
        self._branches[-1].append(page)
        self.pages += 1

    def _bookmarks(self) -> Object:
        root = self._pdf.make_indirect(Dictionary(Type=Name.Outlines, Count=len(self._marks)))
        items = [
            self._pdf.make_indirect(Dictionary(Title=String(title), Parent=root, Dest=Array([page, Name.Fit])))
            for title, page in self._marks
        ]
        for before, behind in pairwise(items):
            before.Next, behind.Prev = behind, before
        root.First, root.Last = items[0], items[-1]
        return root


def _let_open(files: int) -> None:
    """Have so many files open: parts are read from until all is written, and systems allow a thousand unless asked."""
    import resource  # noqa: PLC0415  not on every system

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < files:
        wanted = 2 * files if hard == resource.RLIM_INFINITY else min(2 * files, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _whole(page: Object) -> Object:
    """The page with what it has of the tree it hangs in, and without that tree."""
    above = page.get("/Parent")
    while above is not None:
        for key in _INHERITED:
            if key not in page and key in above:
                page[key] = above[key]
        above = above.get("/Parent")
    if "/Parent" in page:
        del page["/Parent"]
    return page
