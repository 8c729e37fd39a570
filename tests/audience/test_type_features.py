"""What a type of mailing lacks is refused with a sentence, key by key (domain.md A)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailings.audience.drafts import push
from mailings.audience.explain import explain
from mailings.audience.folder import read_folder
from mailings.audience.populate import populate
from mailings.audience.type_features import LACKS
from mailings.db import Database
from mailings.errors import NotAllowed, Unreadable
from mailings.model import MailingType
from mailings.sending.previewing import preview
from mailings.sending.testing import send_test
from mailings.settings import settings
from tests.audience.people import folder, selection
from tests.audience.populated import LINKED
from tests.audience.texts import WORDS, somebody, text_folder

ASKED: dict[str, object] = {
    "subject": "Høst",
    "from": {"name": "Åse", "address": "ase@acme.test"},
    "reply_to": {"use": "always", "address": "svar@acme.test"},
    "topic": "News",
    "preheader": "Tre ting",
    "html": "body.html",
    "text": "body.txt",
    "images": {"logo": "logo.png"},
    "attachments": ["pris.pdf"],
    "links": {"tilbud": {"url": "https://acme.test/høst"}},
    "tracking": {"opens": True},
    "options.include_companies": {"include_companies": True},
    "options.prefer_company": {"include_companies": True, "prefer_company": True},
    "options.one_per_address": {"one_per_address": True},
    "options.update_when_sending": {"update_when_sending": True},
    "options": {"override_consent": True},
    "sources": [{"selection": "Kunder"}],
    "sources.import": [{"selection": "Kunder"}, {"import": "liste.csv", "consent": "consent"}],
    "rate": 60,
    "approval": True,
    "template": True,
    "sms": WORDS,
    "document": {"heading": "Høst"},
}
CASES = [(kind, key) for kind, lacks in LACKS.items() for key in lacks]


@pytest.mark.parametrize(("kind", "key"), CASES)
def test_each_is_refused(tmp_path: Path, kind: MailingType, key: str) -> None:
    """Every key of the table is refused where its type lacks it, in a sentence that names the key and the type."""
    with pytest.raises(Unreadable, match=rf"{key} does not belong to .*\(type: {kind}\); "):
        read_folder(folder(tmp_path, type=kind.value, **{key.partition(".")[0]: ASKED[key]}))


def test_what_is_switched_off_asks_for_nothing(tmp_path: Path) -> None:
    """A folder may write out an option it does not use; and what a type lacks is off in its draft."""
    part = read_folder(text_folder(tmp_path, options={"include_companies": False}, html="", attachments=[]))
    assert (part.tracking.opens, part.tracking.clicks) == (False, "none")
    letter = read_folder(folder(tmp_path, type="document", document={"heading": "Høst"}))
    assert (letter.options.one_per_address, letter.options.update_when_sending) == (False, False)


def test_no_test_and_no_preview(db: Database, tmp_path: Path) -> None:
    """A text message has neither test nor preview, and both say so (domain.md A)."""
    with db.writing() as session:
        made = push(session, text_folder(tmp_path))
        with pytest.raises(NotAllowed, match=r"autumn is a text message .* has no preview"):
            preview(session, made, "ase@fjord.test")
    with pytest.raises(NotAllowed, match=r"autumn is a text message .* has no test"):
        send_test(db, "autumn", ["ase@fjord.test"], settings())


def test_numbers_are_explained(any_db: Database, tmp_path: Path) -> None:
    """Somebody is found by the number as people write it, and the rules speak of mobile numbers and say what is wrong with one."""
    with any_db.writing() as session:
        selection(session, "Kunder", somebody(session, "Åse", "99887766"), somebody(session, "Bjørn", "22 22 55 55"))
        made = push(session, text_folder(tmp_path, **LINKED))
        populate(session, made, launch=False)
        (ase,) = explain(session, made, "998 87 766")
        assert ase.summary == "Åse gets autumn."
        assert "there is a valid mobile number (+4799887766)" in [rule.why for rule in ase.rules]
        (bjorn,) = explain(session, made, "Bjørn")
        assert bjorn.summary == "Bjørn does not get autumn: there is no valid mobile number ('22 22 55 55': It is no mobile number.)."
