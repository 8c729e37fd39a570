"""Everything held about a person as a file to give to them: a page to read in their language, or JSON for programs (GDPR 15 and 20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import orjson
import yaml
from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from mailings import clock
from mailings.errors import Unreadable
from mailings.model import Person
from mailings.people.deleting import until
from mailings.people.showing import show
from mailings.settings import Settings

HERE = Path(__file__).parent
LANGUAGES = ("en", "nl", "da", "no", "sv", "de")
LOCALES = {"en": "en_GB", "no": "nb_NO"}
SAME = {"nb": "no", "nn": "no"}

Words = dict[str, dict[str, list[str]]]  #: part -> word -> itself in each of LANGUAGES


def report_as(session: Session, person: Person, suffix: str, settings: Settings) -> bytes:
    """The report as `.html` or `.json`. Raises Unreadable for another kind of file."""
    if suffix == ".json":
        held = {"made_at": clock.now().isoformat(timespec="seconds"), "by": settings.company_name, **show(session, person)}
        return orjson.dumps(held, option=orjson.OPT_INDENT_2)
    if suffix != ".html":
        raise Unreadable(f"A report is written as .html or .json, not as {suffix or 'a file without a kind'}.")
    return _page(session, person, settings).encode()


def _page(session: Session, person: Person, settings: Settings) -> str:
    held, spoken = show(session, person), Spoken(_language(person, settings))
    lists = {kind: rows for kind, rows in held.items() if isinstance(rows, list)}
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)
    facts = {"at": spoken.moment(clock.now()), "company": settings.company_name or settings.public_url}
    facts["until"] = spoken.moment(until(person, settings.erase_after_days))
    return environment.get_template("report.html").render(
        language=spoken.language,
        say=lambda name: spoken.word("sentences", name).format_map(facts),
        name=lambda key: spoken.word("names", key),
        plain=spoken.plain,
        you={kind: value for kind, value in held.items() if kind not in lists},
        kinds=lists,
        leaving=person.deleted_at is not None,
    )


def _language(person: Person, settings: Settings) -> str:
    known = (SAME.get(word, word) for word in (person.language[:2].lower(), settings.language))
    return next((word for word in known if word in LANGUAGES), "en")


@dataclass(frozen=True, slots=True)
class Spoken:
    """How things are said in one language."""

    language: str

    def word(self, part: str, name: object) -> str:
        """A word of the table; what is not there, a field of somebody's own, is itself."""
        said = _words()[part].get(str(name))
        return said[LANGUAGES.index(self.language)] if said else str(name)

    def plain(self, value: object) -> Markup:
        """One value: a moment readable with the exact one beside it, a word of ours translated with itself beside it."""
        if value is None:
            return Markup("–")
        said = str(value).lower() if isinstance(value, bool) else str(value)
        if at := _moment(said):
            return Markup('<time datetime="{}">{}</time>').format(said, self.moment(at))
        if said in _words()["values"]:
            return Markup('<data value="{}">{}</data>').format(said, self.word("values", said))
        return escape(said)

    def moment(self, at: datetime) -> str:
        """Day and minute, UTC."""
        return f"{format_datetime(at, 'd MMMM y HH:mm', locale=LOCALES.get(self.language, self.language))} UTC"


def _moment(said: str) -> datetime | None:
    if len(said) < 20 or said[4:5] != "-" or not said.endswith("+00:00"):
        return None
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _words() -> Mapping[str, dict[str, list[str]]]:
    read: Words = yaml.load((HERE / "report.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  only text
    return read
