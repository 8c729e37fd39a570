"""Prints letters in a process of its own: groups of HTML letters in on standard input, one PDF of them out on standard output.

Run by its path, with nothing of ours imported: some 60 MB, and what a letter does to it is no trouble of the sender's. Frames both
ways: a length of four bytes, then JSON; an answer's PDF follows it. It ends when its input does, so that no sender leaves one behind.
"""

from __future__ import annotations

import io
import json
import logging
import struct
import sys
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

LENGTH = struct.Struct(">I")


class Heard(logging.Handler):
    """What WeasyPrint says it could not load, instead of printing the letter without it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it; what it says of CSS that it does not know is no trouble."""
        if record.levelno >= logging.ERROR or str(record.msg).startswith("Font-face"):
            self.said.append(record.getMessage())


class Printer:
    """WeasyPrint with the images of one mailing. Fetches nothing: what is not in the letter or the mailing is not there."""

    def __init__(self, files: Mapping[str, tuple[str, bytes]]) -> None:
        import weasyprint  # noqa: PLC0415  where its libraries are missing, that is an answer and no traceback
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415
        from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415

        class Fetcher(URLFetcher):  # type: ignore[misc]  # it has no types
            """Of `data:` what it holds, of `cid:` the mailing's file."""

            def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
                """Raises ValueError for everything else, without asking anybody."""
                scheme, _, name = url.partition(":")
                if scheme.lower() == "cid" and name in files:
                    kind, content = files[name]
                    return URLFetcherResponse(url, content, {"Content-Type": kind})
                if scheme.lower() != "data":
                    raise ValueError("it is not in the mailing, and printing fetches nothing from elsewhere")
                return super().fetch(url, headers)

        self._html, self._fetcher, self._fonts = weasyprint.HTML, Fetcher(allowed_protocols=("data",)), FontConfiguration()
        self._heard = Heard()
        logger = logging.getLogger("weasyprint")
        logger.handlers, logger.propagate = [self._heard], False
        self._cache: dict[Any, Any] = {}

    def printed(self, letters: Sequence[str]) -> tuple[list[int], list[str | None], bytes]:
        """The pages of each letter (0 = none), why it has none, and one PDF of all that have."""
        self._cache = {}  # one image for a group, however many letters show it; kept longer it would grow
        pages, troubles, documents = [], [], []
        for letter in letters:
            document, trouble = self._laid_out(letter)
            pages.append(len(document.pages) if document is not None else 0)
            troubles.append(trouble)
            documents += [document] if document is not None else []
        if not documents:
            return pages, troubles, b""
        into = io.BytesIO()
        documents[0].copy([page for document in documents for page in document.pages]).write_pdf(into)
        return pages, troubles, into.getvalue()

    def _laid_out(self, letter: str) -> tuple[Any, str | None]:
        self._heard.said.clear()
        try:
            document = self._html(string=letter, url_fetcher=self._fetcher).render(font_config=self._fonts, cache=self._cache)
        except Exception as error:  # whatever a layout does with a value: it is this letter's trouble alone
            return None, f"{type(error).__name__}: {error}"
        if self._heard.said:
            for url in [url for url, image in self._cache.items() if image is None]:
                del self._cache[url]  # else the next letter that shows it would say nothing
            return None, self._heard.said[0]
        return document, None


def read(stream: BinaryIO) -> Any:
    """The next frame; None at the end."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size = LENGTH.unpack(head)[0]
    body = stream.read(size)
    return json.loads(body) if len(body) == size else None


def write(stream: BinaryIO, frame: Any, content: bytes = b"") -> None:
    """One frame, and what follows it."""
    body = json.dumps(frame).encode()
    stream.write(LENGTH.pack(len(body)) + body + content)
    stream.flush()


def frames(stream: BinaryIO) -> Iterator[Any]:
    """Every frame until the end."""
    while (frame := read(stream)) is not None:
        yield frame


def main() -> None:
    """The first frame holds the mailing's files; each that follows a group of letters."""
    into, out = sys.stdin.buffer, sys.stdout.buffer
    files = {name: (kind, b64decode(content)) for name, (kind, content) in (read(into) or {}).items()}
    try:
        printer = Printer(files)
    except (ImportError, OSError) as error:
        write(out, {"ready": False, "why": str(error)})
        return
    write(out, {"ready": True})
    for letters in frames(into):
        try:
            pages, troubles, pdf = printer.printed(letters)
        except Exception as error:  # one of them spoils the others: they are asked for one by one
            write(out, {"spoilt": f"{type(error).__name__}: {error}"})
        else:
            write(out, {"pages": pages, "troubles": troubles, "size": len(pdf)}, pdf)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.exit(1)  # nobody listens any more
