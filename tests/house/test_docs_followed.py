"""The pages are followed: commands of the tutorials and of how-to pages go well as they are written, and print what is shown."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from openpyxl import Workbook

from cli.embedded import embedded_server
from tests.house.follower import Follower
from tests.house.prose import blocks
from tests.house.tree import ROOT, pages
from tests.prefect_tables import with_tables

pytestmark = [pytest.mark.slow, pytest.mark.prefect, pytest.mark.xdist_group("docs")]

#: pages one after another in one folder, as the first says
TOUR = ["docs/tutorial/first-mailing.md", "docs/tutorial/at-the-desk.md", "docs/tutorial/with-prefect.md"]
#: what a page takes for granted, each made once: the stage it begins from, and the commands that lead there
STAGES = {
    "clone": ("", []),
    "house": (
        "",
        ["mailings init", 'mailings people import people.csv --selection "Newsletter readers"', "mailings selections create Customers"],
    ),
    "lists": ("house", ["mailings people import people.csv --selection Members"]),
    "draft": ("house", ["mailings push examples/autumn-news"]),
    "sent": ("draft", ["mailings send autumn-news"]),
    "asked": (
        "house",
        ["sed -i '$a approval: true' autumn-news/mailing.yaml", "mailings push autumn-news", "mailings send autumn-news || true"],
    ),
}
STARTS = {
    "README.md": "clone",
    "docs/how-to/import-people.md": "house",
    "docs/how-to/write-a-mailing.md": "house",
    "docs/how-to/limit-the-rate.md": "draft",
    "docs/how-to/schedule-a-mailing.md": "draft",
    "docs/how-to/send-again.md": "sent",
    "docs/how-to/read-a-report.md": "sent",
    "docs/how-to/act-on-clicks.md": "sent",
    "docs/how-to/settle-what-is-in-doubt.md": "sent",
    "docs/how-to/upgrade.md": "sent",
    "docs/how-to/when-a-mailing-is-paused.md": "sent",
    "docs/how-to/collect-bounces.md": "sent",
    "docs/how-to/approve-a-mailing.md": "asked",
    "docs/how-to/let-people-sign-in.md": "house",
    "docs/how-to/send-text-messages.md": "house",
    "docs/how-to/print-letters.md": "lists",
    "docs/how-to/letters-from-word.md": "house",
    "docs/how-to/collect-with-forms.md": "house",
    "docs/how-to/answer-a-form.md": "house",
    "docs/how-to/rotate-the-secret.md": "house",
    "docs/concepts/opens-and-clicks.md": "sent",
    "docs/reference/selection-conditions.md": "house",
}
#: pages with commands that are not given here -> what they need
ELSEWHERE = {
    "docs/how-to/back-up-and-restore.md": "sqlite3, PostgreSQL's own programs, everything stopped: tests/stories/test_restored.py",
    "docs/how-to/take-everything-out.md": "a second installation that takes it in: tests/reports/test_taken_in_again.py",
    "docs/how-to/connect-sendgrid.md": "an account of SendGrid's; the transport: tests/transports/test_sendgrid_requests.py",
    "docs/how-to/get-delivered.md": "a name server that answers for one's domain, and /etc; doctor: tests/cli/test_setup.py",
    "docs/how-to/report-by-prefect.md": "a worker with the deployments: tests/flows/test_report_mailing.py",
    "docs/how-to/run-behind-nginx.md": "nginx and systemd, as root; the door on a socket: tests/web",
    "docs/how-to/run-with-prefect.md": "a worker with the deployments: tests/cli/test_up.py, tests/deployments",
    "docs/how-to/scale-out.md": "Docker, or several machines: tests/deployments/test_compose.py, bench/scale_out.py",
    "docs/how-to/send-system-messages.md": "stays: tests/cli/test_deliver.py",
    "docs/how-to/send-through-smtp.md": "a mail server at the port that is written: tests/stories",
    "docs/how-to/send-with-several-senders.md": "workers with the deployments: tests/stories/test_several.py",
    "docs/how-to/use-postgresql.md": "a PostgreSQL server, and a password that is asked for; that database: every test with `any_db`",
    "docs/reference/deployments.md": "a Prefect server: tests/deployments/test_deploying_again.py",
}
PEOPLE = """Name;E-mail;Company;Country;Consent;Mobile;Street;Postal code;Town;Use as postal address
Anna Bø;anna@firma.test;Firma AS;NO;yes;+4799887766;Storgata 1;5003;Bergen;yes
Åse Bjørnstad;åse@fjord.test;Fjord AS;NO;yes;;;;;
Désirée van der IJssel;desiree@ijssel.test;IJssel B.V.;NL;yes;+31612345678;Kade 3;3511 AB;Utrecht;yes
Noëlle in 't Veld;noelle@ijzerwerk.test;;NL;;;;;;
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Prefect server for all pages: each would start one of its own."""
    with embedded_server(with_tables(tmp_path_factory.mktemp("prefect"))) as server:
        yield server.url


def someone(folder: Path, engine: str) -> Follower:
    """Somebody in that folder who has set nothing."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAILINGS_", "PREFECT_"))}
    return Follower(folder, plain | {"COLUMNS": "200", "PYTHONUTF8": "1", "PREFECT_API_URL": engine, "PREFECT_HOME": str(folder / "home")})


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory, engine: str) -> Callable[[str], Path]:
    """Makes a stage, once, with the stages that lead to it: a folder to be copied, with the project's examples."""

    @cache
    def stage(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name) / "installation"
        before, commands = STAGES[name]
        shutil.copytree(stage(before) if before else ROOT / "examples", folder)
        if not before:
            shutil.copytree(ROOT / "examples", folder / "examples")
            (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
            book = Workbook()
            for line in PEOPLE.splitlines():
                book.active.append(line.split(";"))
            book.save(folder / "people.xlsx")
        for line in commands:
            someone(folder, engine).give(line)
        return folder

    return stage


def test_the_tutorials(tmp_path: Path, engine: str) -> None:
    """The three tutorials, one after another in an empty folder: files as shown, every command goes well, what they show is printed."""
    reader = someone(tmp_path, engine)
    for page in TOUR:
        before = len(reader.given)
        reader.follow(Path(page))
        assert len(reader.given) > before, page


@pytest.mark.parametrize("page", STARTS)
def test_a_page(page: str, staged: Callable[[str], Path], tmp_path: Path, engine: str) -> None:
    """A page's commands, in order, go well for somebody who has what the page takes for granted; what it shows as printed is printed."""
    shutil.copytree(staged(STARTS[page]), tmp_path, dirs_exist_ok=True)
    reader = someone(tmp_path, engine)
    reader.follow(Path(page))
    assert reader.given


def test_every_other_page_says_what_it_needs() -> None:
    """A page with commands to be typed (a block `sh`) is followed here, or it is said what it needs and where that is proven."""
    typed = {str(page) for page in pages() if any(block.language == "sh" for block in blocks(page))}
    assert typed == {*TOUR, *STARTS, *ELSEWHERE}
    for why in ELSEWHERE.values():
        for test in re.findall(r"(?:tests|bench)/[\w./]*\w", why):
            assert (ROOT / test).exists(), why
