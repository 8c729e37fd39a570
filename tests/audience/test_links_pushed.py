"""The links of mailing.yaml: their actions checked key by key and name by name; numbers once given stay, pushed or copied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailings.audience.copies import copy
from mailings.audience.drafts import push
from mailings.audience.folder import read_actions
from mailings.clock import now
from mailings.db import Database
from mailings.errors import NotFound, Unreadable
from mailings.model import Associate, RegisteredLink, TrackedLink
from tests.audience.people import folder, project, selection

ALL: dict[str, Any] = {
    "response": {"text": "Takk, Åse!", "title": "Sendt"},
    "set_field": {"name": "messe", "value": 2026},
    "interests": {"add": ["Langrenn"]},
    "selections": {"add": ["Varme"], "remove": ["Kalde"]},
    "projects": {"add": ["Høstmesse"]},
    "follow_up": {"description": "Ring", "project": "Høstmesse", "default_recipient": "sølvi"},
    "request": {"title": "Vil vite mer", "owner": "sølvi"},
}


def test_actions_are_stored(any_db: Database, tmp_path: Path) -> None:
    """Every action is taken, its names found, and kept as it was chosen."""
    with any_db.writing() as session:
        selection(session, "Varme")
        selection(session, "Kalde")
        project(session, "Høstmesse")
        session.add(Associate(username="sølvi", name="Sølvi"))
        session.flush()
        push(session, folder(tmp_path, links={"tilbud": {"url": "https://x.test/å", "actions": ALL}}))
        kept = session.scalars(select(TrackedLink.actions)).one()
        assert kept == ALL | {"set_field": {"name": "messe", "value": "2026"}}


def test_names_that_nothing_has(any_db: Database, tmp_path: Path) -> None:
    """Every name nothing has is told at once with the link's, and a selection people cannot be put into; nothing is stored."""
    actions = ALL | {
        "interests": {"remove": ["Skii"]},
        "script": {"name": "borte"},
        "response": {"form": "x", "prefill": ["customer.navn"]},
    }
    with any_db.writing() as session:
        selection(session, "Varmer")
        selection(session, "Kalde", where='country = "NO"')
    with pytest.raises(NotFound) as raised, any_db.writing() as session:
        push(session, folder(tmp_path, links={"tilbud": {"url": "https://x.test/å", "actions": actions}}))
    assert str(raised.value).splitlines() == [
        "links.tilbud: There is no selection named 'Varme'; did you mean Varmer?",
        "links.tilbud: Kalde is a dynamic selection; people can only be added to or removed from a static one.",
        "links.tilbud: There is no project named 'Høstmesse'.",
        "links.tilbud: There is no associate named 'sølvi'.",
        "links.tilbud: There is no interest named 'Skii'.",
        "links.tilbud: customer.navn is not a variable; did you mean customer.name or customer.note?",
        "links.tilbud: There is no script named 'borte'; name the module that registers it in MAILINGS_SCRIPTS.",
    ]


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        ({"intrests": {"add": ["Ski"]}}, "unknown key 'links.tilbud.actions.intrests'; did you mean interests or request?"),
        ({"interests": {"set": "Ski"}}, "unknown key 'links.tilbud.actions.interests.set'"),
        ({"response": {"url": "https://x.test/", "text": "Takk"}}, "choose one of url, text and form"),
        ({"response": {"url": "javascript:alert(1)"}}, "no address a browser can open"),
        ({"response": {"prefill": ["customer.email"]}}, "prefill belongs to a form"),
        ({"response": {"title": "Takk"}}, "title belongs to a text"),
        ({"follow_up": {}}, "links.tilbud.actions.follow_up.description is missing"),
        ({"follow_up": {"description": "x", "kind": "lunsj"}}, "it can be 'to-do' or 'meeting'"),
        ({"follow_up": {"description": "x", "zone": "Oslo"}}, "'Oslo' is no time zone"),
        ({"follow_up": {"description": "x", "in_days": -1}}, "in_days is -1"),
        ({"set_field": {"name": "Sko størrelse", "value": "4"}}, "as in sko_størrelse"),
        ({"request": {"title": ""}}, "title is ''"),
        ({"script": "x"}, "links.tilbud.actions.script is 'x'"),
    ],
)
def test_what_cannot_be_read(db: Database, tmp_path: Path, actions: dict[str, Any], words: str) -> None:
    """A wrong key or value is one sentence with its place."""
    made = folder(tmp_path, links={"tilbud": {"url": "https://x.test/å", "actions": actions}})
    with db.writing() as session, pytest.raises(Unreadable) as raised:
        push(session, made)
    assert words in str(raised.value)


def test_a_name_of_ours_is_refused(db: Database, tmp_path: Path) -> None:
    """A link that is called as one of ours would never be meant: it needs another name."""
    with db.writing() as session, pytest.raises(Unreadable, match=r"link\.online is ours already; give this link another name"):
        push(session, folder(tmp_path, links={"online": {"url": "https://x.test/å"}}))


def test_actions_from_a_file(tmp_path: Path) -> None:
    """The actions of a registered link stand in a file of their own, read as strictly."""
    path = tmp_path / "handlinger.yaml"
    path.write_text("interests: {add: [Langrenn]}\n", encoding="utf-8")
    assert read_actions(path).stored() == {"interests": {"add": ["Langrenn"]}}
    path.write_text("follow-up: {}\n", encoding="utf-8")
    with pytest.raises(Unreadable, match="unknown key 'follow-up'; did you mean follow_up"):
        read_actions(path)
    path.write_text("- 1\n", encoding="utf-8")
    with pytest.raises(Unreadable, match="does not hold actions"):
        read_actions(path)
    with pytest.raises(Unreadable, match="There is no file"):
        read_actions(tmp_path / "borte.yaml")


def rows(session: Session, mailing_id: int) -> list[tuple[object, ...]]:
    """The links of a mailing: number, name, address, whether deleted."""
    found = select(TrackedLink.number, TrackedLink.name, TrackedLink.url, TrackedLink.deleted_at.is_not(None))
    return [tuple(row) for row in session.execute(found.where(TrackedLink.mailing_id == mailing_id).order_by(TrackedLink.number))]


def test_numbers_stay(any_db: Database, tmp_path: Path) -> None:
    """Pushed again, a link keeps its number, one that leads elsewhere gets a new one, and the old ones keep leading: test mail is out."""
    with any_db.writing() as session:
        a, b, c = ({"url": f"https://x.test/{name}?q=1"} for name in "abc")
        mailing = push(session, folder(tmp_path, links={"en": a, "to": b}))
        session.add(TrackedLink(mailing_id=mailing.id, number=3, url="https://x.test/innhold"))
        worded = update(TrackedLink).where(TrackedLink.name == "to")
        session.execute(worded.values(url="https://x.test/b?q=1&utm_source=nytt&utm_medium=Email"))  # as compiling leaves it
        push(session, folder(tmp_path, links={"tre": c, "to": b}))
        assert rows(session, mailing.id) == [
            (1, "en", "https://x.test/a?q=1", True),
            (2, "to", "https://x.test/b?q=1", False),
            (3, None, "https://x.test/innhold", False),
            (4, "tre", "https://x.test/c?q=1", False),
        ]
        push(session, folder(tmp_path, links={"en": a, "to": c}))
        assert [(row[0], row[1], row[3]) for row in rows(session, mailing.id)] == [
            (1, "en", False),
            (2, "to", True),
            (3, None, False),
            (4, "tre", True),
            (5, "to", False),
        ]


def test_a_copy_takes_what_is_in_use(any_db: Database, tmp_path: Path) -> None:
    """Local and registered links come along with numbers and actions; deleted ones, the content's own and resets do not."""
    with any_db.writing() as session:
        actions = {"interests": {"add": ["Langrenn"]}}
        mailing = push(
            session, folder(tmp_path, links={"en": {"url": "https://x.test/a"}, "to": {"url": "https://x.test/b", "actions": actions}})
        )
        push(session, folder(tmp_path, links={"to": {"url": "https://x.test/b", "actions": actions}}))
        shared = RegisteredLink(name="messe", url="https://x.test/m", created_at=now())
        session.add(shared)
        session.flush()
        session.add(TrackedLink(mailing_id=mailing.id, number=3, name="messe", url=shared.url, registered_id=shared.id))
        session.add(TrackedLink(mailing_id=mailing.id, number=4, url="https://x.test/innhold"))
        session.execute(update(TrackedLink).values(reset_at=now()))
        made = copy(session, mailing, "vinter")
        assert [row[:2] for row in rows(session, made.id)] == [(2, "to"), (3, "messe")]
        theirs = session.scalars(select(TrackedLink).where(TrackedLink.mailing_id == made.id).order_by(TrackedLink.number)).all()
        assert [(row.registered_id, row.reset_at, row.actions) for row in theirs] == [(None, None, actions), (shared.id, None, {})]
