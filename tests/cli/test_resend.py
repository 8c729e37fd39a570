"""`mailings resend`, typed as a person would: newcomers, chosen recipients, nobody, and what cannot be asked for."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from cli.embedded import embedded_server
from tests.cli.test_content import HTML, MAILING, PEOPLE
from tests.cli.typed import type_in
from tests.prefect_tables import with_tables

ME = f"cli {getpass.getuser()}"
Typed = Callable[..., CompletedProcess[str]]
pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("engine")]


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typed]:
    """Commands of an installation whose mailing `host` was sent to three people; `utkast` is still a draft."""
    folder = tmp_path_factory.mktemp("installation")
    with embedded_server(with_tables(tmp_path_factory.mktemp("prefect"))) as server:

        def command(*words: str) -> CompletedProcess[str]:
            return type_in(folder, *words, PREFECT_API_URL=server.url, MAILINGS_SECRET="a-secret-of-the-tests")

        (folder / "people.csv").write_text(PEOPLE)
        (folder / "nye.csv").write_text("name;email\nBjørg Ås;bjorg@fjord.test\n")
        done = [command("init"), command("people", "import", "people.csv", "--consent", "consent", "--selection", "Lesere")]
        for name in ("host", "utkast"):
            pushable(folder / name, name)
            done.append(command("push", name))
        done.append(command("send", "host"))
        assert [one.returncode for one in done] == [0] * len(done), [one.stderr for one in done]
        yield command


def pushable(folder: Path, name: str) -> None:
    """A mailing's folder."""
    folder.mkdir()
    (folder / "mailing.yaml").write_text(MAILING.format(name=name).replace("images: {logo: logo.png}\n", ""))
    (folder / "body.html").write_text(HTML.replace('<img src="cid:logo" alt="Fjørd">', ""))


def messages(typed: Typed, address: str) -> list[dict[str, object]]:
    """What went to an address, as `people show` tells it, first to last."""
    (mailing,) = json.loads(typed("people", "show", address, "--json").stdout)["mailings"]
    deliveries: list[dict[str, object]] = mailing["deliveries"]
    return deliveries


def test_a_newcomer(typed: Typed) -> None:
    """--reload sends to who came into the selection since, and to nobody else; --json is the status document, nothing beside it."""
    assert typed("people", "import", "nye.csv", "--consent", "consent", "--selection", "Lesere").returncode == 0
    told = typed("resend", "host", "--reload", "--json")
    assert told.returncode == 0, told.stderr
    assert "host: 1 to be sent, 1 for the first time. host is sent." in told.stderr
    document = json.loads(told.stdout)
    assert (document["status"], document["recipients"]["total"], document["deliveries"]["sent"]) == ("sent", 4, 4)
    assert [one["status"] for one in messages(typed, "bjorg@fjord.test")] == ["sent"]
    assert document == json.loads(typed("status", "host", "--json").stdout)


def test_a_chosen_one(typed: Typed) -> None:
    """--only ADDRESS sends one more message, which the person's history shows as following the first."""
    before = messages(typed, "ase@fjord.test")
    told = typed("resend", "host", "--only", "Ase@Fjord.test")
    assert told.returncode == 0, told.stderr
    assert "host: 1 to be sent, 1 once more. host is sent." in told.stderr
    *first, again = messages(typed, "ase@fjord.test")
    assert (first, again["status"], again["again_after"]) == (before, "sent", "sent")


def test_nobody(typed: Typed) -> None:
    """A resend of nothing says so, exit 0."""
    told = typed("resend", "host", "--only", "failed,bounced")
    assert told.returncode == 0, told.stderr
    assert "host: nobody is to be sent to again." in told.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("host", "--only", "failed,borte@fjord.test"), "borte@fjord.test is not on host"),
        (("host", "--only", "alle"), "'alle' says nothing about whom to send to again; name failed, bounced, in_doubt, cancelled"),
        (("host",), "one of them"),
        (("host", "--reload", "--only", "failed"), "one of them"),
        (("utkast", "--reload"), "utkast is draft"),
        (("hst", "--reload"), "did you mean host?"),
    ],
)
def test_what_cannot_be(typed: Typed, words: tuple[str, ...], says: str) -> None:
    """What the rules do not allow is exit 1 and one sentence, and nothing on standard output."""
    told = typed("resend", *words)
    assert (told.returncode, told.stdout, len(told.stderr.splitlines())) == (1, "", 1)
    assert says in told.stderr


def test_who_sent_it(typed: Typed) -> None:
    """The log tells who began to send and who sent again, to how many and not to whom: the one who typed it, not the run it became."""
    assert typed("resend", "host", "--only", "ase@fjord.test").returncode == 0
    log = json.loads(typed("users", "log", "--subject", "mailing host", "--json").stdout)
    first, *others = [(line["by"], line["what"], line["details"]) for line in log[::-1] if line["what"] != "push"]
    assert first == (ME, "begin sending", {"queued": 3})
    assert others[-1] == (ME, "send again", {"queued": 1, "left_out": {}})
