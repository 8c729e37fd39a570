"""Composing, measured: database rows to bytes for the socket, against the plain way: render, parse, sign each link, EmailMessage.

One JSON line a case. CPU time of this process, the best of several rounds, garbage collection as in a run. Workload: examples/autumn-news.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import lxml.html
import orjson
import yaml
from pydantic import SecretStr

from mailings.channels.email.compiling import put_together, table_of
from mailings.channels.email.composing import CompiledEmail
from mailings.clock import now
from mailings.content.environment import sandbox
from mailings.model import Mailing, MailingType, TrackedLink
from mailings.settings import Settings
from mailings.tokens import Kind, dynamic_address

EXAMPLE = Path(__file__).parents[1] / "examples" / "autumn-news"
SETTINGS = Settings(secret=SecretStr("of the benchmark"), public_url="https://post.vindheim.test")
FIRST, LAST = ("Åse", "Bjørn", "Ida", "Thijs", "Søren", "Liesbeth"), ("Ærlig", "van der Berg", "Nilsen", "Ó Brien")


def main() -> None:
    """Compose messages in each form and print one line for each."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=5_000)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    compiled = newsletter()
    rows = [row(compiled, number) for number in range(1, given.messages + 1)]
    slow = best(naive(compiled), rows[:100], 2)
    for name, eight_bit in (("quoted-printable", False), ("8bit", True)):
        compose = form(compiled, eight_bit=eight_bit)
        fast = best(compose, rows, given.rounds)
        size = sum(len(compose(one)) for one in rows[:100]) / 100
        line = {"case": name, "us_per_message": round(fast, 1), "naive_us_per_message": round(slow, 1), "ratio": round(slow / fast, 1)}
        print(orjson.dumps(line | {"bytes": round(size), "messages": given.messages}).decode())


def newsletter() -> CompiledEmail:
    """The example newsletter, compiled; without its images, so that the text is what is measured."""
    read = yaml.safe_load((EXAMPLE / "mailing.yaml").read_text())
    said = {name: (EXAMPLE / read[name]).read_text() for name in ("html", "text")}
    plain = {"subject": read["subject"], "preheader": read["preheader"], "tracking": read["tracking"]}
    senders = {"sender": read["from"], "reply_to": read["reply_to"]}
    mailing = Mailing(id=1, name=read["name"], type=MailingType.EMAIL, created_at=now(), **said, **plain, **senders)
    links = [TrackedLink(number=number, name=name, url=link["url"]) for number, (name, link) in enumerate(read["links"].items(), 1)]
    return put_together(mailing, table_of(mailing, links, SETTINGS), [], SETTINGS)


def row(compiled: CompiledEmail, number: int) -> tuple[Any, ...]:
    """The row of one invented person."""
    first, last = FIRST[number % 6], LAST[number % 4]
    known = {"customer.firstname": first, "customer.name": f"{first} {last}", "customer.email": f"person{number}@firma.test"}
    known |= {"company.name": "Fjord & Søn" if number % 2 else "", "company.city": "Bodø", "ourContact.name": "Kari Nordmann"}
    values = [known.get(path, "x") for path in compiled.content.used.columns()]
    contact = ["Kari Nordmann", "kari@vindheim.test"] if number % 3 else ["", ""]
    return (number, f"person{number}@firma.test", f"{first} {last}", *values, *contact)


def form(compiled: CompiledEmail, *, eight_bit: bool) -> Callable[[Any], bytes]:
    """Row to bytes, as a transport does it."""
    return lambda one: compiled.offer(one).message.mime(eight_bit=eight_bit)


def naive(compiled: CompiledEmail) -> Callable[[Any], bytes]:
    """Row to bytes the plain way: templates compiled once, links found by lxml and signed each, an EmailMessage built."""
    environment, sources, used = sandbox(), compiled.content.sources, compiled.content.used
    subject, text, html = map(environment.from_string, (sources.subject, sources.text, sources.html))

    def built(one: Any) -> bytes:
        values, unsubscribe = compiled.values(one, one[0])
        roots: dict[str, Any] = {"customer": {}, "company": {}, "ourContact": {}, "link": {}, "config": {}}
        for path, name in used.names.items():
            root, _, rest = path.partition(".")
            roots[root][rest] = values.get(name, "")
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = "Vindheim <news@vindheim.test>", f"Reader <{one[1]}>"
        message["Subject"], message["List-Unsubscribe"] = subject.render(roots), f"<{unsubscribe}>"
        message.set_content(text.render(roots))
        message.add_alternative(_with_links(compiled, html.render(roots), one[0]), subtype="html")
        return message.as_bytes()

    return built


def _with_links(compiled: CompiledEmail, html: str, delivery: int) -> str:
    page, content = lxml.html.document_fromstring(html), compiled.content
    tokens = compiled.tokens
    for link in page.iter("a"):
        url = str(link.get("href") or "")
        if not content.table.follows(url):
            continue
        if (number := content.table.known(url)) is not None:
            link.set("href", f"{SETTINGS.public_url}/c/{tokens.sign(Kind.CLICK, delivery)}/{number}")
        else:
            link.set("href", dynamic_address(SETTINGS.public_url, tokens, delivery, url))
    return str(lxml.html.tostring(page, encoding="unicode"))


def best(compose: Callable[[Any], bytes], rows: list[tuple[Any, ...]], rounds: int) -> float:
    """Microseconds of CPU a message, the best round."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        for one in rows:
            compose(one)
        times.append((time.process_time() - begun) / len(rows) * 1e6)
    return min(times)


if __name__ == "__main__":
    main()
