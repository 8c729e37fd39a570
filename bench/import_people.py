"""How fast a workbook of people comes in: makes one of 100,000 rows and 8 columns, imports it, imports it again; one JSON line each."""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from pathlib import Path

from openpyxl import Workbook

from mailings.consent.topics import ensure_default_topics
from mailings.db import connected
from mailings.model import Base, Basis
from mailings.people.importing import ImportOptions, import_people
from mailings.people.lists import read_list

HEADS = ("Fornavn", "Etternavn", "E-post", "Mobil", "Firma", "Språk", "Land", "Poeng")
FIRST = ("Åse", "Bjørn", "Çiğdem", "Dörte", "Émile", "Frøydis", "Göran", "Håkon", "IJsbrand", "Jürgen", "Kåre", "Lærke")
LAST = ("Ødegård", "van der Berg", "Bäckström", "Großmann", "Æbelø", "Nyström", "Hansen", "de Vries", "Müller", "Solvåg")


def write_workbook(file: Path, rows: int) -> None:
    """People with Nordic and Dutch letters; every fiftieth address is wrong, every fortieth row has been there before."""
    dice = random.Random(7)  # the same people every time
    book = Workbook(write_only=True)
    sheet = book.create_sheet("People")
    sheet.append(HEADS)
    for number in range(rows):
        same = number - 1 if number % 40 == 39 else number
        address = f"person{same}@firma{same % 997}.test" if number % 50 else f"person{number}(at)firma.test"
        mobile = 90000000 + dice.randrange(9_000_000)
        where = ("nb", "NO") if number % 2 else ("nl", "NL")
        sheet.append((dice.choice(FIRST), dice.choice(LAST), address, mobile, f"Firma {number % 5000} AS", *where, number % 100))
    book.save(file)


def main() -> None:
    """Arguments: --rows, --url (another database, with no tables yet or ours), --keep FILE (a workbook to use or make)."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rows", type=int, default=100_000)
    words.add_argument("--url", default=None)
    words.add_argument("--keep", type=Path, default=None)
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = given.keep or Path(folder) / "people.xlsx"
        if not file.exists():
            write_workbook(file, given.rows)
        database = connected(given.url or f"sqlite:///{folder}/bench.db")
        Base.metadata.create_all(database.engine)
        with database.writing() as session:
            ensure_default_topics(session)
        for case in ("import", "import again"):
            before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
            with database.writing() as session:
                outcome = import_people(session, read_list(file, "NO"), ImportOptions(Basis.CONSENT, selection="Imported"))
            seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
            report = {"case": case, "database": database.engine.dialect.name, "rows": outcome.rows, "created": outcome.created}
            report |= {"matched": outcome.matched, "skipped": outcome.skipped, "seconds": round(seconds, 2)}
            report |= {"rows_per_s": round(outcome.rows / seconds), "cpu_s": round(after.ru_utime - before.ru_utime, 2)}
            report |= {"peak_rss_mb": round(after.ru_maxrss / 1024)}
            report |= {"reader_peak_rss_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)}
            print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
