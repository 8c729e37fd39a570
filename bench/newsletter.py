"""The newsletter and its readers as another program takes them: our template in Django's language, every address already signed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from pydantic import SecretStr
from sqlalchemy import text

from bench.world import World
from mailings.sending.finding import mailing_named
from mailings.sending.preparing import compiled
from mailings.settings import Settings

SETTINGS = Settings(secret=SecretStr("of the benchmark"), _env_file=None)
READERS = (
    "SELECT recipient.address, person.name, company.name FROM recipient JOIN delivery ON delivery.recipient_id = recipient.id"
    " JOIN person ON person.id = recipient.person_id LEFT JOIN company ON company.id = person.company_id"
    " WHERE NOT delivery.test ORDER BY recipient.id"
)
LOOP = re.compile(r"\[% for hut in (\[.*?\]) %\]", re.DOTALL)
HREF = re.compile(r'href="(https?://[^"]*)"')
OURS = re.compile(r"\[\[ link\.(\w+) \]\]")


class Template(NamedTuple):
    """The newsletter in Django's language; `urls` = the names of the addresses it takes from its context, `huts` = what it loops over."""

    subject: str
    text: str
    html: str
    urls: list[str]
    huts: list[dict[str, str]]


def template_of(world: World, name: str) -> Template:
    """The mailing's template, with its styles inlined, translated: the same loop, conditions and variables; an address = a variable."""
    with world.database.writing() as session:
        sources = compiled(session, mailing_named(session, name), SETTINGS).content.sources
    found, urls = LOOP.search(sources.html), list[str]()
    assert found is not None, "the newsletter has no loop any more"

    def named(href: re.Match[str]) -> str:
        if "[[" in href[1]:
            return 'href="{{ hut.url }}"'
        urls.append(f"u{len(urls)}")
        return f'href="{{{{ urls.{urls[-1]} }}}}"'

    html = HREF.sub(named, LOOP.sub("{% for hut in huts %}", sources.html))
    own = sorted(set(OURS.findall(sources.html + sources.text)))
    return Template(_django(sources.subject), _django(sources.text), _django(html), urls + own, ast.literal_eval(found[1]))


def _django(source: str) -> str:
    source = OURS.sub(r"{{ urls.\1 }}", source).replace("loop.index", "forloop.counter")
    source = re.sub(r"\[\[ ([\w.]+) or ('[^']*') \]\]", r"{{ \1|default:\2 }}", source)
    return re.sub(r"\[\[ ([\w.]+) \]\]", r"{{ \1 }}", source).replace("[%", "{%").replace("%]", "%}")


def write_readers(world: World, template: Template, file: Path) -> int:
    """Write a line for each who was sent our newsletter: address, headers and the template's context; how many."""
    with world.database.connection(write=False) as connection, file.open("wb") as out:
        lines = _lines(connection.execute(text(READERS)).fetchall(), template)
        return sum(bool(out.write(orjson.dumps(line) + b"\n")) for line in lines)


def _lines(rows: Iterable[Any], template: Template) -> Iterator[dict[str, object]]:
    """Addresses are as long as ours: a token of 18 letters, and behind it the link's number or, in the loop, the page it leads to."""
    for number, (address, name, company) in enumerate(rows):
        base = f"http://127.0.0.1:8600/c/a1Tq{number:014d}"
        urls = {url: f"{base}/{place}" for place, url in enumerate(template.urls)}
        huts = [
            hut | {"url": f"{base}?u=https%3A%2F%2Fvindheim.test%2Fhuts%2F{hut['slug']}%3Futm_source%3Dnewsletter"} for hut in template.huts
        ]
        context = {"customer": {"name": name, "email": address}, "company": {"name": company or "", "city": "Bodø"}}
        headers = {"List-Unsubscribe": f"<{urls['unsubscribe']}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        yield {"address": address, "headers": headers, "context": context | {"urls": urls, "huts": huts}}
