"""The variables of letters (domain.md D.7): those read with each recipient as columns, those of the mailing as values."""

from __future__ import annotations

import re
from datetime import date
from email.utils import parseaddr
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, select
from sqlalchemy.orm import Session

from mailings.clock import now
from mailings.content.postal import COMPANY_POSTAL, EMPTY, line, smart
from mailings.content.variables import NAME, OurContact, column
from mailings.model import Address, Company, Mailing, Person, Project, ProjectMember, Recipient, Sale, Selection, Source
from mailings.settings import Settings

Column = ColumnElement[Any]

_BLANK: Column = literal(" ")
_OWN_FIELD = re.compile(r"(?P<whose>[ac])[slf]\d{2}")  # as01-49, al01-60, af01-10 of people, cs cl cf of companies


def _text(one: Any) -> Column:
    return func.coalesce(one, EMPTY)


def _or(first: Any, second: Any) -> Column:
    return func.coalesce(func.nullif(first, EMPTY), second, EMPTY)


def _email() -> Column:
    first = select(Address.normal).where(Address.person_id == Person.id, Address.valid).order_by(Address.rank, Address.id).limit(1)
    return func.coalesce(first.correlate(Person).scalar_subquery(), func.nullif(Company.email, EMPTY), EMPTY)


def _of_people() -> dict[str, Column]:
    return {
        "atfn": _text(Person.first_name),
        "atmn": _text(Person.middle_name),
        "atln": _text(Person.last_name),
        "atmr": _text(Person.salutation),
        "asal": _text(Person.salutation),
        "atti": _text(Person.title),
        "atpo": _text(Person.position),
        "atem": _email(),
        "atpc": _text(Person.mobile),
        "abdt": _text(Person.custom["birthday"].as_string()),
    }


def _of_addresses() -> dict[str, Column]:
    """Of the smart address, so that its lines belong together: of a company it is D.7's postal line, else the street."""
    address = smart()
    return {
        "addr": line(address.street, 1),
        "add2": line(address.street, 2),
        "add3": line(address.street, 3),
        "city": address.city,
        "zipc": address.zip,
        "zici": func.trim(address.zip.concat(_BLANK).concat(address.city)),
        "cntr": address.country,
        "padr": line(_text(COMPANY_POSTAL.street), 1),
        "pad2": line(_text(COMPANY_POSTAL.street), 2),
        "pad3": line(_text(COMPANY_POSTAL.street), 3),
        "sadr": line(_text(Company.street), 1),
    }


def _of_companies() -> dict[str, Column]:
    return {
        "name": _text(Company.name),
        "dept": _text(Company.department),
        "mail": _text(Company.email),
        "phon": _or(Person.direct_phone, Company.phone),
        "faxn": _text(Company.fax),
        "orgn": _text(Company.custom["orgn"].as_string()),
        "cont": _text(OurContact.name),
        "cate": _text(Company.category),
        "busi": _text(Company.business),
        "numb": _text(Company.number),
        "code": _text(Company.custom["code"].as_string()),
        "cwww": _text(Company.url),
    }


#: variable -> the column it is read from; those of `SENT_BY` and `attn` depend on the mailing or the installation
COLUMNS = _of_people() | _of_addresses() | _of_companies()
SENT_BY = ("onam", "oema", "opho")
OF_THE_MAILING = (
    *("head", "date", "pnam", "pnum", "psta", "ptyp", "plea", "pend", "popa"),
    *("sati", "said", "sanu", "saam", "sacu", "sada", "sast", "sapr", "snam", "slid", "mbrs"),
)
#: longer words for the same, for who writes a template anew
ALSO = {"heading": "head", "our_ref": "oref", "attention": "attn"}
#: `oref` is what `our_ref` in mailing.yaml says, with variables of its own; `envelope` the whole address, a line each
NAMES = frozenset({*COLUMNS, *SENT_BY, *OF_THE_MAILING, *ALSO, "attn", "oref", "envelope"})
#: tags that are days; as `{tag}` they are written out in the installation's language
DAYS = frozenset({"date", "pend", "sada"})


def is_letter_variable(name: str) -> bool:
    """True for a name a letter may use alone, without customer. or company. before it."""
    return name in NAMES or _OWN_FIELD.fullmatch(name) is not None


def attention(mailing: Mailing) -> Column:
    """For whom a letter is (domain.md B.4): `if_none` = the recipient's name, else the typed text; `always` = the typed text."""
    rule = dict(mailing.more.get("document") or {}).get("attention") or {}
    typed = str(rule.get("text") or "").strip()
    if typed and rule.get("use") == "always":
        return literal(typed)
    person = case((Recipient.company_id.is_(None), NAME), else_=EMPTY)
    return func.coalesce(func.nullif(person, EMPTY), literal(typed))


def letter_column(path: str, mailing: Mailing, settings: Settings) -> Column:
    """The column of a variable that differs from recipient to recipient, those of e-mail too. Raises KeyError for one there is not."""
    name = ALSO.get(path, path)
    if name == "attn":
        return attention(mailing)
    if name in SENT_BY:
        ours = {"onam": OurContact.name, "oema": OurContact.email, "opho": OurContact.phone}
        return _or(ours[name], literal(_installation(settings)[name]))
    if own := _OWN_FIELD.fullmatch(name):
        custom = Person.custom if own["whose"] == "a" else Company.custom
        return func.coalesce(custom[name].as_string(), EMPTY)
    return COLUMNS[name] if name in COLUMNS else column(path)


def letter_constants(session: Session, mailing: Mailing, settings: Settings) -> dict[str, str]:
    """What is the same in every letter of a mailing: its heading, the project, the sale and the selection it is linked to, or empty."""
    words = dict.fromkeys(OF_THE_MAILING, "")
    document = dict(mailing.more.get("document") or {})
    words |= {"head": str(document.get("heading") or ""), "date": (mailing.started_at or now()).date().isoformat()}
    if mailing.archive_project_id is not None:
        words |= _of_project(session.get_one(Project, mailing.archive_project_id))
        members = select(func.count()).where(ProjectMember.project_id == mailing.archive_project_id)
        words["popa"] = str(session.scalar(members) or 0)
    sale = session.scalar(select(Sale).where(Sale.number == str(document.get("sale") or "")))
    if sale is not None:
        words |= _of_sale(sale)
    if mailing.archive_selection_id is not None:
        words |= _of_selection(session, mailing)
    return words | {long: words[short] for long, short in ALSO.items() if short in words}


def _of_project(project: Project) -> dict[str, str]:
    told = {"pnam": project.name, "pnum": project.number, "psta": project.status, "ptyp": project.kind, "plea": project.leader}
    return told | {"pend": _day(project.ends_on)}


def _of_sale(sale: Sale) -> dict[str, str]:
    told = {"sati": sale.name, "said": str(sale.id), "sanu": sale.number, "saam": sale.amount, "sacu": sale.currency, "sast": sale.status}
    return told | {"sada": _day(sale.day), "sapr": "" if sale.probability is None else str(sale.probability)}


def _of_selection(session: Session, mailing: Mailing) -> dict[str, str]:
    """`mbrs` counts whom the selection brought to this mailing: whether it is static or dynamic, only the list says for good."""
    selection = session.get_one(Selection, mailing.archive_selection_id)
    counted = select(func.count()).select_from(Recipient).join(Source, Source.id == Recipient.source_id)
    counted = counted.where(Recipient.mailing_id == mailing.id, Source.selection_id == selection.id)
    return {"snam": selection.name, "slid": str(selection.id), "mbrs": str(session.scalar(counted) or 0)}


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _installation(settings: Settings) -> dict[str, str]:
    return {"onam": settings.company_name, "oema": parseaddr(settings.system_from or "")[1], "opho": ""}
