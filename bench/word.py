"""Letters written in Word: how many a second LibreOffice prints, many for each start of it against one start each; and the filling alone.

`python -m bench.word --letters 60 --together 20,60`: JSON, one line a case. `ratio` = against one start each, in the same run.
"""

from __future__ import annotations

import argparse
import io
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import docx
import orjson
from docxtpl import DocxTemplate

from mailings.content.letter_variables import is_letter_variable
from mailings.content.names import Used
from mailings.content.word.filling import WordForm, word_template
from mailings.content.word.office import pdfs_of

WORDS = "Vi har gleden av å sende Dem vårt tilbud, og håper å høre fra Dem før fristen går ut. " * 4


def letter(opening: str = "[[", closing: str = "]]") -> bytes:
    """A letter of one page: an address, a greeting, four paragraphs, a header and a footer."""
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = f"{opening} cont {closing}"
    document.sections[0].footer.paragraphs[0].text = "Vårt Firma AS, Oslo"
    for text in ("name", "addr", "zici"):
        document.add_paragraph(f"{opening} {text} {closing}")
    document.add_paragraph(f"Kjære {opening} attn {closing},")
    for _ in range(4):
        document.add_paragraph(WORDS)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def form() -> tuple[WordForm, Used]:
    """The template, ready to be filled."""
    template = word_template(letter(), "brev.docx")
    used = template.used(Used(alone=is_letter_variable))
    return template.compiled(used, {}, "nb"), used


def values(number: int) -> dict[str, Any]:
    """What one letter says."""
    return {"attn": f"Åse Ødegård {number}", "name": "Ærlig & Sønner AS", "addr": "Havnegate 2", "zici": "5004 Bergen", "cont": "Kåre"}


def filling(count: int) -> dict[str, Any]:
    """Documents a second, ours against docxtpl's own way with the same template."""
    ready, used = form()
    begun = time.perf_counter()
    for n in range(count):
        ready.filled({used.names[name]: value for name, value in values(n).items()})
    ours = time.perf_counter() - begun
    source, begun = letter("{{", "}}"), time.perf_counter()
    for n in range(max(count // 10, 5)):
        theirs = DocxTemplate(io.BytesIO(source))
        theirs.render(values(n), autoescape=True)
        theirs.save(io.BytesIO())
    other = (time.perf_counter() - begun) / max(count // 10, 5) * count
    return {"case": "filling", "letters": count, "ms_each": round(ours / count * 1000, 2), "ratio_to_docxtpl": round(other / ours, 1)}


def printing(count: int, together: int) -> tuple[float, int]:
    """Seconds a letter when so many go to one start, and the bytes of a PDF."""
    ready, used = form()
    documents = [ready.filled({used.names[name]: value for name, value in values(n).items()}) for n in range(count)]
    with TemporaryDirectory() as folder:
        begun, size = time.perf_counter(), 0
        for at in range(0, count, together):
            for made in pdfs_of(documents[at : at + together], Path(folder)):
                assert isinstance(made, Path), made
                size += made.stat().st_size
        return (time.perf_counter() - begun) / count, size // count


def main() -> None:
    """Run it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--letters", type=int, default=200)
    asked.add_argument("--together", default="10,100", help="letters for each start, comma-separated")
    asked.add_argument("--alone", type=int, default=5, help="letters printed with a start each, to compare with")
    chosen = asked.parse_args()
    print(orjson.dumps(filling(max(chosen.letters, 100))).decode(), flush=True)
    alone, _ = printing(chosen.alone, 1)
    print(orjson.dumps({"case": "one start each", "letters_s": round(1 / alone, 2)}).decode(), flush=True)
    for together in map(int, chosen.together.split(",")):
        each, size = printing(chosen.letters, together)
        told = {"case": "together", "together": together, "letters": chosen.letters, "letters_s": round(1 / each, 2), "pdf_bytes": size}
        print(orjson.dumps(told | {"ratio": round(alone / each, 1)}).decode(), flush=True)


if __name__ == "__main__":
    main()
