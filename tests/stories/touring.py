"""What the tour goes through: an installation at a terminal, the mail server it sends to, its bounce mailbox, its web door days later."""

from __future__ import annotations

import email
import email.policy
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from subprocess import CompletedProcess, Popen
from typing import Any

import orjson
from sqlalchemy import func, select

from mailings import clock
from mailings.model import Errand
from tests.servers.mailbox import Mailbox, Taken
from tests.stories.conftest import Office
from tests.tracking.bouncemail import REPORT
from tests.web.opened import Opened, opened

HOST = "https://post.test"
LONGEST = 180.0  # seconds that are waited for anything; on a quiet machine all of it is over in fifteen
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SCANNER = "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))"
#: a list as a colleague would send it: a title, rows that mean the same person, one that means nobody
PEOPLE = {
    "Åse Ødegård": "ase@fjord.test",
    "Désirée van der IJssel": "desiree@ijssel.test",
    "Bjørn Blåbær": "bjorn@fjord.test",
    "Jürgen Groß": "juergen@gross.test",
    "Søren Kjærgaard": "soren@fjrod.test",
    **{f"Ola Nordmann {n:02}": f"ola{n:02}@fjord.test" for n in range(24)},
    "Kari Brå": "kari@fjord.test",
}
MAILING = """
name: host-nytt
type: email
topic: Nyheter
subject: "[[ customer.firstname ]], høsten er her"
from: {name: Fjord & Søn, address: nyheter@acme.test, use: always}
sources: [{selection: Lesere}]
links:
  tilbud: {url: "https://acme.test/høst", actions: {selections: {add: [Varme]}}}
html: body.html
"""
BODY = """<html><body><p>Kjære [[ customer.name ]], blåbærene er modne.</p>
<p><a href="[[ link.tilbud ]]">Til høsttilbudet</a> – <a href="[[ link.unsubscribe ]]">meld deg av</a></p></body></html>"""


@dataclass
class Tour:
    """One installation: its commands, what its mail server took, its readers."""

    office: Office
    box: Mailbox

    def says(self, *words: str) -> str:
        """What a command that must succeed says, on both streams."""
        done = self.done(*words)
        return done.stdout + done.stderr

    def tells(self, *words: str) -> Any:
        """The document a command prints with --json."""
        return orjson.loads(self.done(*words, "--json").stdout)

    def done(self, *words: str) -> CompletedProcess[str]:
        """A command that must succeed."""
        done = self.office.command(*words)
        assert done.returncode == 0, done.stderr
        return done

    def stand(self) -> dict[str, int]:
        """How many messages stand where; the books must balance."""
        status = self.tells("status", "host-nytt")
        assert status["balanced"]
        return {word: n for word, n in status["deliveries"].items() if n}

    def held(self, person: str) -> Any:
        """Everything held about somebody."""
        return self.tells("people", "show", PEOPLE[person])

    def attempts(self, address: str) -> list[tuple[str, str | None]]:
        """What became of each message to somebody, and why, as the books hold it."""
        (theirs,) = [one for one in self.tells("people", "show", address)["mailings"] if one["mailing"] == "host-nytt"]
        return [(one["status"], one.get("reason")) for one in theirs["deliveries"]]

    def taken(self, address: str) -> list[Taken]:
        """What the mail server took for an address."""
        return [one for one in self.box.taken if one.recipient == address]

    def read(self, person: str) -> EmailMessage:
        """The one message somebody got."""
        (taken,) = self.taken(PEOPLE[person])
        return read(taken)

    def address_in(self, person: str, pattern: str) -> str:
        """The address of ours in somebody's message that looks like this, without the host."""
        html = self.read(person).get_body(("html",))
        assert html
        (found,) = set(re.findall(rf'"{HOST}({pattern})"', html.get_content()))
        return unescape(found)

    @contextmanager
    def door(self, after: timedelta) -> Iterator[Opened]:
        """The web door so much later; when it closes, what it saw is written."""
        with clock.standing_at(clock.now() + after), opened(self.office.db, secret=self.office.environment["MAILINGS_SECRET"]) as door:
            yield door

    def errands_are_done(self) -> bool:
        """Whether every action of a click was done. Asked here, not typed: a fork beside a door at work may wait for its locks for ever."""
        with self.office.db.reading() as session:
            return session.scalar(select(func.count(Errand.id)).where(Errand.done_at.is_(None))) == 0

    def writes_log(self) -> None:
        """What the mail server took stands in its log, in Postfix's words."""
        with Path(self.office.environment["MAILINGS_SMTP_LOG"]).open("w") as log:
            for number, one in enumerate(self.box.taken):
                name = f"Nov 22 04:23:01 mx postfix/{{}}[1]: AB{number:05}"
                log.write(f"{name.format('cleanup')}: message-id={read(one)['Message-ID']}\n")
                log.write(f"{name.format('qmgr')}: from=<{one.sender}>, size={len(one.content)}, nrcpt=1 (queue active)\n")

    def comes_back(self, person: str, reply: str) -> None:
        """A delivery report on somebody's message arrives in the bounce mailbox, at the address the message left with."""
        (taken,) = self.taken(PEOPLE[person])
        told = {"came_to": taken.sender, "recipient": taken.recipient, "message_id": read(taken)["Message-ID"], "number": 1}
        words = {"subject": "Undelivered Mail Returned to Sender", "reply": reply, "action": "failed", "status": reply.split()[1]}
        (self.office.folder / "returned/new/1").write_text(REPORT.format(**told, **words))


def read(taken: Taken) -> EmailMessage:
    """A message as its receiver has it."""
    return email.message_from_bytes(taken.content, policy=email.policy.default)  # type: ignore[return-value]  # what that policy makes


def until(holds: Callable[[], object], what: str, doing: Popen[str] | None = None) -> None:
    """Wait until it holds, and fail with `what` where it never does, or where the command that is to bring it about has ended."""
    deadline = time.monotonic() + LONGEST
    while not holds():
        assert time.monotonic() < deadline, what
        assert doing is None or doing.poll() is None, (what, doing and doing.communicate())
        time.sleep(0.02)


def furnish(folder: Path) -> None:
    """What lies in the folder before anything is typed: the list, the mailing, an empty mailbox, an empty log."""
    rows = [f"{name};{address};" for name, address in PEOPLE.items()]
    wrong = ["Åse Ødegård;Ase@Fjord.test;Fjord & Søn", "Ingen;ikke en adresse;"]
    (folder / "lesere.csv").write_bytes("\r\n".join(["Lesere 2026;;", "Navn;E-post;Bedrift", *rows, *wrong]).encode("cp1252"))
    (folder / "host-nytt").mkdir()
    (folder / "host-nytt/mailing.yaml").write_text(MAILING)
    (folder / "host-nytt/body.html").write_text(BODY)
    for part in ("new", "cur", "tmp"):
        (folder / "returned" / part).mkdir(parents=True)
    (folder / "mail.log").touch()


def settings(folder: Path, port: int) -> dict[str, str]:
    """The installation's settings."""
    smtp = {"EMAIL_TRANSPORT": "smtp", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SMTP_CONNECTIONS": "1"}
    back = {"SMTP_LOG": str(folder / "mail.log"), "BOUNCE_ADDRESS": "retur@acme.test", "BOUNCE_MAILBOX": f"maildir:{folder}/returned"}
    return {f"MAILINGS_{name}": value for name, value in (smtp | back | {"PUBLIC_URL": HOST, "DNS": "127.0.0.1:9"}).items()}
