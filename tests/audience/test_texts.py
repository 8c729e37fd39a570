"""Who gets a text message: people with a mobile number, and numbers on a list (domain.md C.2, C.4)."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.clock import now
from mailings.consent.withdrawing import opt_out
from mailings.db import Database
from mailings.model import AddressStanding, Recipient, TextSlot
from mailings.people.erasing import erase
from tests.audience.people import selection, topic
from tests.audience.populated import LINKED, populated, verdicts
from tests.audience.texts import somebody, text_folder


def test_vector_k_a_number_without_a_name(any_db: Database, tmp_path: Path) -> None:
    """A line ` , , 99887766` is somebody to text, and nobody to mail: there the row is dropped (test vector k)."""
    lines = " , , 99887766\nÅse Ødegård, ase@fjord.test, 998 87 767\nDésirée van der IJssel, desiree@ijssel.test\n"
    sources = [{"import": "list.txt", "consent": "consent", "unknown": "keep"}]
    with any_db.writing() as session:
        (tmp_path / "list.txt").write_text(lines)
        texted = push(session, text_folder(tmp_path, sources=sources))
        populate(session, texted, launch=False)
        assert verdicts(session, texted) == {"+4799887766": "eligible", "Åse Ødegård": "eligible"}
        assert set(session.scalars(select(Recipient.address))) == {"+4799887766", "+4799887767"}
        mailed = populated(session, tmp_path, name="mailed", sources=sources)
        assert mailed == {"Åse Ødegård": "eligible", "Désirée van der IJssel": "eligible"}


def test_only_who_has_a_mobile(any_db: Database, tmp_path: Path) -> None:
    """Whoever has no number a text could go to is kept to be explained, as no_address, whatever their e-mail (domain.md C.2, D26)."""
    with any_db.writing() as session:
        people = [somebody(session, "Åse", "99887766"), somebody(session, "Bjørn", ""), somebody(session, "Çelik", "22 22 55 55")]
        selection(session, "Kunder", *people)
        made = push(session, text_folder(tmp_path, **LINKED))
        populate(session, made, launch=False)
        assert verdicts(session, made) == {"Åse": "eligible", "Bjørn": "no_address", "Çelik": "no_address"}


def test_a_number_shared(any_db: Database, tmp_path: Path) -> None:
    """Two people with one number: one gets it, the first in the sources; on the list of an import they are the same number too."""
    with any_db.writing() as session:
        selection(session, "Kunder", somebody(session, "Åse", "99887766"), somebody(session, "Bjørn", "+47 998 87 766"))
        once = push(session, text_folder(tmp_path, **LINKED))
        populate(session, once, launch=False)
        assert verdicts(session, once) == {"Åse": "eligible", "Bjørn": "duplicate"}
        both = push(session, text_folder(tmp_path, options={"one_per_address": False}, **LINKED))
        populate(session, both, launch=False)
        assert verdicts(session, both) == {"Åse": "eligible", "Bjørn": "eligible"}


def test_what_stands_against_a_number(any_db: Database, tmp_path: Path) -> None:
    """A number that is blocked, no consent, an opt-out of the topic: the same rules as for e-mail, each by the number."""
    with any_db.writing() as session:
        news = topic(session, "News")
        blocked, silent, out = (somebody(session, name, f"9988776{n}") for n, name in enumerate(("Åse", "Bjørn", "Çelik")))
        unasked = somebody(session, "Dag", "99887765", consent=None)
        session.add(AddressStanding(normal=str(blocked.mobile_normal), blocked_at=now(), blocked_why="STOP", changed_at=now()))
        opt_out(session, out.id, news.id, "Unsubscribe page")
        selection(session, "Kunder", blocked, silent, out, unasked)
        made = push(session, text_folder(tmp_path, topic="News", **LINKED))
        populate(session, made, launch=False)
        assert verdicts(session, made) == {"Åse": "blocked_address", "Bjørn": "eligible", "Çelik": "not_subscribed", "Dag": "no_consent"}


def test_a_list_matches_people(any_db: Database, tmp_path: Path) -> None:
    """A row is the person who has its number, else whoever has its e-mail address; a deleted person does not come back as a bare number."""
    with any_db.writing() as session:
        somebody(session, "Åse", "99887766")
        somebody(session, "Bjørn", "99887767", email="bjorn@fjord.test")
        somebody(session, "Çelik", "99887768").deleted_at = now()
        (tmp_path / "list.csv").write_text("name,email,mobile\nA,,99887766\nB,bjorn@fjord.test,45454545\nC,,99887768\nD,,99887769\n")
        sources = [{"import": "list.csv", "consent": "consent", "unknown": "keep"}]
        made = push(session, text_folder(tmp_path, sources=sources))
        populate(session, made, launch=False)
        assert verdicts(session, made) == {"Åse": "eligible", "Bjørn": "eligible", "D": "eligible"}
        assert set(session.scalars(select(Recipient.address))) == {"+4799887766", "+4799887767", "+4799887769"}


def test_an_erased_number(any_db: Database, tmp_path: Path) -> None:
    """An erased number goes too: on lists where it stood alone, on those that knew whose it is, and under caps, whose count stays."""
    with any_db.writing() as session:
        (tmp_path / "list.txt").write_text(" , , 99887766\n")
        bare = push(session, text_folder(tmp_path, name="bare", sources=[{"import": "list.txt", "consent": "consent", "unknown": "keep"}]))
        populate(session, bare, launch=False)
        ase = somebody(session, "Åse", "99887766")
        selection(session, "Kunder", ase)
        known = push(session, text_folder(tmp_path, name="known", **LINKED))
        populate(session, known, launch=False)
        others = [TextSlot(delivery_id=2, number="+4799887767", at=now()), TextSlot(delivery_id=1, number="+4799887766", at=now())]
        session.add_all(others)
        session.flush()
        erase(session, ase.id)
        assert session.scalars(select(Recipient.address)).all() == [None, None]
        assert session.scalars(select(TextSlot.number).order_by(TextSlot.delivery_id)).all() == ["", "+4799887767"]
