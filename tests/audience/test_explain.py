"""Why somebody does or does not get a mailing, told from the very rules the list is made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mailings.audience.drafts import push
from mailings.audience.explain import Explanation, explain
from mailings.audience.populate import populate
from mailings.clock import now, standing_at
from mailings.consent.standing import block_address
from mailings.consent.withdrawing import opt_out
from mailings.db import Database
from mailings.errors import NotFound
from mailings.model import Basis, Delivery, DeliveryStatus, Mailing, MailingStatus, Recipient
from tests.audience.people import company, folder, person, project, selection, topic


def told(session: Session, mailing: Mailing, text: str) -> Explanation:
    """The first explanation, of a list that is up to date."""
    populate(session, mailing, launch=False)
    return explain(session, mailing, text)[0]


def stops(explanation: Explanation) -> list[str]:
    """The rules that keep somebody back."""
    return [answer.rule for answer in explanation.rules if answer.holds and not answer.waived]


def test_somebody_who_gets_it(any_db: Database, tmp_path: Path) -> None:
    """Every rule is answered, the source that counts is named, and the consent behind it is told."""
    with standing_at(now()), any_db.writing() as session:
        selection(session, "Kunder", person(session, "Åse", "ase@x.test", Basis.LEGITIMATE_INTEREST))
        found = told(session, push(session, folder(tmp_path, archive={"selection": "Kunder"})), "ASE@x.test")
        assert (found.summary, found.verdict, stops(found)) == ("Åse gets autumn.", "eligible", [])
        assert [(source.source, source.names, source.counts) for source in found.sources] == [("Kunder", True, True)]
        why = {answer.rule: answer.why for answer in found.rules}
        assert why["no_consent"] == f"there is consent to mailings (legitimate_interest, since {now():%Y-%m-%d} (Import))"
        assert why["not_subscribed"] == "has not opted out of this topic (the mailing has no topic)"


def test_each_reason_in_plain_words(any_db: Database, tmp_path: Path) -> None:
    """Whoever is kept back is told by what, with the particulars, and by every further rule that would."""
    with standing_at(now()), any_db.writing() as session:
        news, fjord = topic(session, "News"), company(session, "Fjord AS", "post@fjord.test", stop=True)
        people = {
            "blocked@x.test": person(session, "Blokkert", "blocked@x.test"),
            "opted@x.test": person(session, "Avmeldt", "opted@x.test"),
            "felles@x.test": person(session, "Første", "felles@x.test"),
            "stop@x.test": person(session, "Stopp", "stop@x.test", None, company_id=fjord.id),
            "wrong@@x.test": person(session, "Ugyldig", "wrong@@x.test"),
        }
        selection(session, "Kunder", *people.values(), person(session, "Andre", "felles@x.test"))
        block_address(session, "blocked@x.test", "mailbox gone")
        opt_out(session, people["opted@x.test"].id, news.id, "Unsubscribe page")
        mailing = push(session, folder(tmp_path, archive={"selection": "Kunder"}, topic="News"))
        today = f"{now():%Y-%m-%d}"
        assert told(session, mailing, "blocked@x.test").summary.endswith(f"the address is blocked (since {today}: mailbox gone).")
        opted = told(session, mailing, "opted@x.test")
        assert opted.summary == f"Avmeldt does not get autumn: has opted out of this topic (News, on {today} (Unsubscribe page))."
        stopped = told(session, mailing, "Stopp")
        assert "(Stop on Fjord AS)" in stopped.summary
        assert stops(stopped) == ["stopped", "no_consent"]
        assert "'wrong@@x.test': " in told(session, mailing, "Ugyldig").summary
        first, second = explain(session, mailing, "felles@x.test")
        assert first.summary == "Første gets autumn."
        assert second.summary.endswith("somebody before them in the sources has the same address (Første gets it).")


def test_what_is_overridden_is_told(any_db: Database, tmp_path: Path) -> None:
    """With the override the missing consent is told and waived, not hidden (C.6)."""
    with any_db.writing() as session:
        selection(session, "Kunder", person(session, "Åse", "ase@x.test", None))
        keys = {"archive": {"selection": "Kunder"}, "options": {"override_consent": True}}
        found = told(session, push(session, folder(tmp_path, **keys)), "ase@x.test")
        assert (found.overridden, stops(found)) == (True, [])
        assert [(answer.rule, answer.why) for answer in found.rules if answer.waived] == [
            ("no_consent", "there is no consent to mailings (nothing is recorded)")
        ]


def test_people_who_are_no_recipients(any_db: Database, tmp_path: Path) -> None:
    """Somebody in no source, or left out by the selection and project rule, is told so (D26); nobody at all is an error."""
    with any_db.writing() as session:
        selection(session, "Kunder", person(session, "Åse"))
        project(session, "Messe", person(session, "Bjørn", "bjorn@x.test"))
        person(session, "IJsbrand", "ijs@x.test")
        mailing = push(session, folder(tmp_path, archive={"selection": "Kunder", "project": "Messe"}))
        left_out = told(session, mailing, "bjorn@x.test")
        assert (left_out.recipient, left_out.verdict) == (False, None)
        assert "project Messe is only an archive link" in left_out.summary
        assert told(session, mailing, "ijsbrand").summary.endswith("not in any source: selection Kunder.")
        with pytest.raises(NotFound, match=r"Nobody has the address or name 'ingen@x\.test'"):
            explain(session, mailing, "ingen@x.test")


def test_imported_rows(any_db: Database, tmp_path: Path) -> None:
    """Rows of a list are explained whether they are kept, left out as unknown, or have no address."""
    with any_db.writing() as session:
        keys = {"consent": "legitimate_interest", "unknown": "keep"}
        made = folder(tmp_path / "k", name="kept", sources=[{"import": "a.csv", **keys}])
        (made / "a.csv").write_text("navn,e-post,mobil\nÜnal,unal@x.test,\nBare Mobil,,99887766\n", encoding="utf-8")
        kept = push(session, made)
        found = told(session, kept, "unal@x.test")
        assert (found.name, found.verdict) == ("Ünal", "eligible")
        assert "legitimate_interest, declared for a.csv" in {answer.rule: answer.why for answer in found.rules}["no_consent"]
        assert "the row in a.csv has no valid e-mail address" in told(session, kept, "Bare Mobil").summary
        skipped = folder(tmp_path / "s", name="skipped", sources=[{"import": "a.csv", "unknown": "skip"}])
        (skipped / "a.csv").write_text("Ünal,unal@x.test\n", encoding="utf-8")
        assert "a.csv is taken with unknown: skip" in told(session, push(session, skipped), "unal@x.test").summary


def test_a_company(any_db: Database, tmp_path: Path) -> None:
    """A company on the list is explained by its address or name, and its people learn that it gets theirs."""
    with any_db.writing() as session:
        fjord = company(session, "Fjord AS", "post@fjord.test")
        selection(session, "Kunder", person(session, "Åse", company_id=fjord.id))
        options = {"include_companies": True, "prefer_company": True}
        mailing = push(session, folder(tmp_path, archive={"selection": "Kunder"}, options=options))
        assert told(session, mailing, "post@fjord.test").summary == "Fjord AS gets autumn."
        assert told(session, mailing, "fjord as").sources[0].names
        assert "the company gets it instead (Fjord AS, at post@fjord.test)" in told(session, mailing, "Åse").summary


def test_what_became_of_the_message(any_db: Database, tmp_path: Path) -> None:
    """After the start the latest message is told; tests do not count (D11)."""
    with any_db.writing() as session:
        selection(session, "Kunder", person(session, "Åse", "ase@x.test"))
        mailing = push(session, folder(tmp_path, archive={"selection": "Kunder"}))
        assert told(session, mailing, "Åse").delivery is None
        key = session.scalars(select(Recipient.id)).one()
        mailing.status = MailingStatus.SENT
        for status, test in ((DeliveryStatus.FAILED, False), (DeliveryStatus.SENT, True)):
            session.add(Delivery(mailing_id=mailing.id, recipient_id=key, status=status, test=test, code="550", reason="no such user"))
            session.flush()
        found = explain(session, mailing, "Åse")[0]
        assert found.delivery is not None
        assert (found.delivery["status"], found.delivery["code"]) == ("failed", "550")
        assert found.summary == "Åse is on the list of autumn."
