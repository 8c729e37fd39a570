"""Letters from HTML: how many a second become one PDF, and how much memory the whole tree of processes takes.

`python -m bench.letters [--people 10000]` prints the letter of examples/members-letter for so many people, through the verbs of the
flow, into a folder of its own; then some of them the plain way, one call of WeasyPrint each, for the ratio.
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from sqlalchemy import insert

from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.clock import now
from mailings.db import Database, connected
from mailings.model import Base, Basis, Consent, Person, Selection, SelectionKind, SelectionMember
from mailings.sending import closing, lifecycle
from mailings.sending.deliver import deliver_portion
from mailings.sending.finding import mailing_named
from mailings.sending.preparing import prepare
from mailings.sending.printing import Letters, finish_letters
from mailings.sending.run import conducting
from mailings.settings import settings

NAME = "members-letter"
EXAMPLE = Path(__file__).parents[1] / "examples" / NAME
PLAIN = 100  # letters printed one call each, for comparison


class Memory(threading.Thread):
    """Adds up what this process and all below it hold, ten times a second, and keeps the most."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most_mb, self.over = 0.0, threading.Event()

    def run(self) -> None:
        """Until it is over."""
        while not self.over.wait(0.1):
            self.most_mb = max(self.most_mb, tree_mb(os.getpid()))


def tree_mb(pid: int) -> float:
    """The resident memory of a process and all its children (Linux), in MB; what they share is counted for each."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        children = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    except OSError:
        return 0.0  # it has just ended
    own = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0) / 1024
    return own + sum(tree_mb(int(child)) for child in children)


def furnish(db: Database, people: int) -> None:
    """People at home, in a selection, and the draft."""
    Base.metadata.create_all(db.engine)
    towns = [("NO", "Oslo"), ("NL", "'s-Hertogenbosch"), ("DK", "Aarhus C"), ("DE", "Köln"), ("SE", "Malmö")]
    with db.writing() as session:
        chosen = Selection(name="Members", kind=SelectionKind.STATIC, created_at=now())
        session.add(chosen)
        session.flush()
        numbers = range(1, people + 1)
        rows = [
            {"id": n, "name": f"Åse van der IJssel {n}", "first_name": "Åse", "last_name": f"van der IJssel {n}", "created_at": now()}
            | {"street": f"Bjørkeveien {n}", "zip": f"{n * 7919 % 10000:04}", "country": towns[n % 5][0], "city": towns[n % 5][1]}
            for n in numbers
        ]
        session.execute(insert(Person), rows)
        session.execute(insert(Consent), [{"person_id": n, "basis": Basis.CONSENT, "source": "bench", "given_at": now()} for n in numbers])
        session.execute(insert(SelectionMember), [{"selection_id": chosen.id, "person_id": n} for n in numbers])
        push(session, EXAMPLE)


def printed(db: Database) -> tuple[Letters, dict[str, float]]:
    """The flow's verbs; the letters, and the seconds of its two halves."""
    with conducting(db, NAME, settings()) as run:
        with db.writing() as session:
            mailing = mailing_named(session, NAME, locked=True)
            lifecycle.pick_up(mailing)
            populate(session, mailing, launch=True)
            session.flush()
            lifecycle.begin_sending(session, mailing)
        with db.writing() as session:
            prepare(session, run, mailing_named(session, NAME), settings())
        began = time.perf_counter()
        while deliver_portion(db, run, run.portion).more:
            pass
        merging = time.perf_counter()
        letters = finish_letters(db, NAME, settings())
        over = time.perf_counter()
        with db.writing() as session:
            closing.close(session, mailing_named(session, NAME, locked=True))
    assert letters is not None
    return letters, {"printing_s": round(merging - began, 2), "merging_s": round(over - merging, 2), "s": round(over - began, 2)}


def plain(db: Database) -> float:
    """Seconds for each letter, one call of WeasyPrint each, in one process."""
    import weasyprint  # noqa: PLC0415  only here: the measured process has none

    from mailings.channels.document.html import compiled_html  # noqa: PLC0415

    with db.reading() as session:
        compiled = compiled_html(session, mailing_named(session, NAME), settings())
        rows = session.execute(compiled.select, {"mailing_id": 1, "low": 1, "high": PLAIN}).all()
        logo = (EXAMPLE / "logo.png").as_uri()
        letters = [compiled.html(row).replace("cid:logo", logo) for row in rows]
    began = time.perf_counter()
    for letter in letters:
        weasyprint.HTML(string=letter).write_pdf()
    return (time.perf_counter() - began) / len(letters)


def main() -> None:
    """Furnish, print, measure, take everything away."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--people", type=int, default=10_000)
    people = asked.parse_args().people
    with TemporaryDirectory(prefix="bench-letters-") as place:
        os.environ |= {"MAILINGS_DATABASE_URL": f"sqlite:///{place}/m.db", "MAILINGS_DOCUMENT_PATH": f"{place}/documents"}
        os.environ |= {"MAILINGS_COMPANY_NAME": "Acme AS", "MAILINGS_COMPANY_ADDRESS": "Postboks 1, 0001 Oslo"}
        db = connected(f"sqlite:///{place}/m.db")
        furnish(db, people)
        memory = Memory()
        memory.start()
        letters, seconds = printed(db)
        memory.over.set()
        file = letters.files[0]
        each = plain(db)
        found = {"letters": file.letters, "pages": file.pages, **seconds, "letters_per_s": round(file.letters / seconds["s"], 1)}
        size = (letters.folder / file.pdf).stat().st_size
        found |= {"peak_rss_mb": round(memory.most_mb), "pdf_mb": round(size / 1e6, 2), "cores": len(os.sched_getaffinity(0))}
        print(orjson.dumps(found | {"plain_ms": round(each * 1000, 1), "ratio": round(each * file.letters / seconds["s"], 2)}).decode())


if __name__ == "__main__":
    main()
