"""Invented people, companies, selections and folders for the tests of this room."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.orm import Session

from mailings.addresses import read_address
from mailings.clock import now
from mailings.model import (
    Address,
    Basis,
    Company,
    Consent,
    Person,
    Project,
    ProjectMember,
    Selection,
    SelectionKind,
    SelectionMember,
    Topic,
)


def person(session: Session, name: str, email: str | None = None, consent: Basis | None = Basis.CONSENT, **more: Any) -> Person:
    """A person with one address (made from the name unless given, none for an empty one) and a consent (none for None)."""
    made = Person(name=name, created_at=now(), **more)
    plain = unicodedata.normalize("NFKD", name.split(maxsplit=1)[0].lower()).encode("ascii", "ignore").decode()
    address = read_address(f"{plain}@blåbær.test" if email is None else email)
    if address.written:
        made.addresses = [
            Address(written=address.written, normal=address.normal or "", valid=bool(address.normal), problem=address.problem)
        ]
    session.add(made)
    session.flush()
    if consent is not None:
        session.add(Consent(person_id=made.id, basis=consent, source="Import", given_at=now()))
        session.flush()
    return made


def company(session: Session, name: str, email: str = "", **more: Any) -> Company:
    """A company, with an address where one is given."""
    made = Company(name=name, email=email, email_normal=email or None, email_valid=bool(email), created_at=now(), **more)
    session.add(made)
    session.flush()
    return made


def selection(session: Session, name: str, *people: Person, where: str | None = None, **more: Any) -> Selection:
    """A static selection of the people, or a dynamic one with a condition."""
    kind = SelectionKind.STATIC if where is None else SelectionKind.DYNAMIC
    made = Selection(name=name, **({"kind": kind, "condition": where, "created_at": now()} | more))
    session.add(made)
    session.flush()
    session.add_all(SelectionMember(selection_id=made.id, person_id=one.id) for one in people)
    session.flush()
    return made


def project(session: Session, name: str, *people: Person) -> Project:
    """A project with members."""
    made = Project(name=name, created_at=now())
    session.add(made)
    session.flush()
    session.add_all(ProjectMember(project_id=made.id, person_id=one.id) for one in people)
    session.flush()
    return made


def topic(session: Session, name: str) -> Topic:
    """A topic."""
    made = Topic(name=name)
    session.add(made)
    session.flush()
    return made


def folder(path: Path, **keys: Any) -> Path:
    """A mailing's folder: mailing.yaml with the keys (over name and type, and an e-mail's from, subject, html) and a body."""
    path.mkdir(exist_ok=True)
    sender = {"name": "Acme", "address": "news@acme.test"}
    mail = {"subject": "Høst", "from": sender, "html": "body.html"} if keys.get("type", "email") in ("email", "form_response") else {}
    written = {"name": "autumn", "type": "email"} | mail | keys
    (path / "mailing.yaml").write_text(yaml.safe_dump(written, allow_unicode=True, sort_keys=False), encoding="utf-8")
    (path / "body.html").write_text("<p>Hei [[ customer.firstname ]]</p>", encoding="utf-8")
    return path
