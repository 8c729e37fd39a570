"""Text messages: their parts, their sender, what they say, and what preflight tells of them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailings.audience.drafts import push
from mailings.audience.populate import populate
from mailings.channels import Findings
from mailings.channels.sms import compiled_of, problems_of
from mailings.channels.sms.parts import BASIC, EXTENDED, foreign, length_of
from mailings.channels.sms.previewing import text_for
from mailings.channels.sms.sender import read_sender
from mailings.db import Database
from mailings.model import Mailing, Recipient
from mailings.settings import Settings
from tests.audience.people import selection
from tests.audience.populated import LINKED
from tests.audience.texts import somebody, text_folder

PRICED = Settings(sms_price=Decimal("0.45"), sms_currency="NOK")


def parts(text: str) -> int:
    """The parts of a text, put together one letter after the other as a phone does: the reference."""
    gsm = all(sign in BASIC or sign in EXTENDED for sign in text)
    signs = [("\x1b" + sign) if gsm and sign in EXTENDED else sign for sign in text]
    sizes = [len(sign) if gsm else len(sign.encode("utf-16-be")) // 2 for sign in signs]
    if sum(sizes) <= (160 if gsm else 70):
        return int(bool(text))
    filled = [0]
    for size in sizes:
        if filled[-1] + size > (153 if gsm else 67):
            filled.append(0)
        filled[-1] += size
    return len(filled)


LETTERS = st.one_of(st.sampled_from(BASIC), st.sampled_from(EXTENDED), st.sampled_from("’“–😀ąŁ한"))


@given(st.lists(st.tuples(LETTERS, st.integers(1, 170)), max_size=5).map(lambda runs: "".join(sign * n for sign, n in runs)))
def test_parts(text: str) -> None:
    """The parts counted are those a phone puts together letter by letter; no escape sequence and no surrogate pair is split (D15)."""
    length = length_of(text)
    assert length.parts == parts(text)
    assert length.wide == bool(foreign(text))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        *(("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("a" * 152 + "€" * 5, 2), ("ø" * 160, 1)),
        *(("ł" * 70, 1), ("ł" * 71, 2), ("😀" * 35, 1), ("😀" * 36, 2), ("ł" * 66 + "😀" * 34, 3), ("", 0)),
    ],
)
def test_vector_j(text: str, count: int) -> None:
    """160 letters are one message and 161 are two (test vector j); in UCS-2 70 and 71."""
    assert length_of(text).parts == count


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        *(("Acme", "Acme"), ("Fjord AS", "Fjord AS"), ("3", None), ("12345", "12345"), ("998 87 766", "+4799887766")),
        *(("+31 6 12345678", "+31612345678"), ("0047 99887766", "+4799887766"), ("Fjord & Søn", None), ("Elleve ord for mye", None)),
        *(("", None), ("+47 123", None), ("😀", None), ("22 22 55 55", "+4722225555"), ("٩٩٨٨٧٧٦٦", "+4799887766"), ("٢٢٢٢", None)),
    ],
)
def test_senders(written: str, normal: str | None) -> None:
    """A sender is a name of up to eleven letters of A to Z, or a number by the country; anything else is a sentence (domain.md B.4)."""
    read = read_sender(written, "NO")
    assert read.normal == normal
    assert (read.problem is None) == (normal is not None)


def looked_at(db: Database, path: Path, settings: Settings = PRICED, **sms: str) -> Findings:
    """What preflight finds of a text message to Åse and Désirée."""
    with db.writing() as session:
        if session.query(Mailing).count() == 0:
            people = [somebody(session, "Åse Ødegård", "99887766"), somebody(session, "Désirée van der IJssel", "+31612345678")]
            selection(session, "Kunder", *people)
        made = push(session, text_folder(path, sms={"sender": "Acme", "text": "Hei [[ customer.firstname ]]!"} | sms, **LINKED))
        populate(session, made, launch=False)
        return problems_of(session, made, settings)


def test_parts_and_cost(any_db: Database, tmp_path: Path) -> None:
    """How many parts each message has, how many there are in all and what they cost; nothing of it is a problem."""
    assert looked_at(any_db, tmp_path) == Findings([], [], ["1 part each, 2 parts to 2 recipients, cost 0.90 NOK."])
    uneven = looked_at(any_db, tmp_path, text="x" * 145 + " [[ customer.name ]]")
    assert uneven.notes == ["About 1.5 parts each (at most 2), about 3 parts to 2 recipients, cost about 1.35 NOK."]
    assert looked_at(any_db, tmp_path, Settings()).notes == [
        "1 part each, 2 parts to 2 recipients, set MAILINGS_SMS_PRICE to see the cost."
    ]


PROBLEMS = [
    ({"text": "  "}, "It has no text"),
    ({"sender": ""}, "It has no sender"),
    ({"sender": "Fjord & Søn"}, "networks take no ø in a name"),
    ({"text": "Hei [[ customer.fistname ]]"}, "text line 1: customer.fistname is not a variable; did you mean customer.firstname"),
    ({"text": "Hei\n[[ link.unsubscribe ]]"}, "text line 2: link.unsubscribe cannot stand in a text message"),
    ({"text": "[% if x %]"}, "text line 1"),
    ({"text": "[[ config.defaultMail ]]"}, "config.defaultMail is the From address of an e-mail"),
    ({"text": "ab " * 600}, "at least 12 parts long; networks take 10"),
]


@pytest.mark.parametrize(("sms", "told"), PROBLEMS)
def test_what_keeps_it_from_being_sent(db: Database, tmp_path: Path, sms: dict[str, str], told: str) -> None:
    """Text, sender, variables, links and length: each thing that is wrong is a sentence that says what to do."""
    assert [problem for problem in looked_at(db, tmp_path, **sms).problems if told in problem]


def test_a_sender_of_the_transport(any_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names no sender has Twilio's number or messaging service; without them, and in a folder, a sender is needed (B.4)."""
    twilio = Settings(sms_transport="twilio")
    monkeypatch.delenv("MAILINGS_TWILIO_FROM", raising=False)
    (said,) = looked_at(any_db, tmp_path, twilio, sender="").problems
    assert "`sms: sender`" in said
    assert "MAILINGS_TWILIO_FROM" in said
    for name, value in (("MAILINGS_TWILIO_FROM", "Fjord"), ("MAILINGS_TWILIO_MESSAGING_SERVICE", "MG" + "0" * 32)):
        with monkeypatch.context() as chosen:
            chosen.setenv(name, value)
            assert looked_at(any_db, tmp_path, twilio, sender=" ").problems == []
            assert "no ø in a name" in looked_at(any_db, tmp_path, twilio, sender="Fjord & Søn").problems[0]
            assert "It has no sender" in looked_at(any_db, tmp_path, sender="").problems[0]
            with any_db.reading() as session:
                made = session.query(Mailing).order_by(Mailing.id.desc()).limit(1).one()
                assert compiled_of(session, made, twilio).sender == ""


def test_caps_are_told(any_db: Database, tmp_path: Path) -> None:
    """A cap that lets less leave in a day than there are recipients is said beforehand; one of nothing keeps the mailing back."""
    capped = looked_at(any_db, tmp_path, Settings(sms_per_day=1))
    assert capped.warnings == ["MAILINGS_SMS_PER_DAY lets 1 leave in 24 hours: it takes 2 days to the end."]
    none = looked_at(any_db, tmp_path, Settings(sms_per_recipient=0))
    assert none.problems == ["MAILINGS_SMS_PER_RECIPIENT is 0, so no text message may leave; take it out or raise it."]


def test_letters_that_cost(any_db: Database, tmp_path: Path) -> None:
    """The letters that make everything UCS-2 are named, a typographic quote as much as an emoji, in the text and in people's data."""
    assert "Because of ’ 😀 all of it is sent as UCS-2" in looked_at(any_db, tmp_path, text="Det’s 😀").warnings[0]
    with any_db.writing() as session:
        selection(session, "Polske", somebody(session, "Łukasz", "99887799"))
        made = push(
            session, text_folder(tmp_path, sms={"sender": "Acme", "text": "Hei [[ customer.name ]]"}, archive={"selection": "Polske"})
        )
        populate(session, made, launch=False)
        assert problems_of(session, made, PRICED).warnings == [
            "For some recipients it is sent as UCS-2, 70 letters a part instead of 160: their data has Ł."
        ]


def test_the_same_variables_as_an_e_mail(any_db: Database, tmp_path: Path) -> None:
    """Variables and statements are those of every mailing; the e-mail address stays one, and letters are composed."""
    with any_db.writing() as session:
        selection(session, "Kunder", somebody(session, "Åse", "99887766", email="ase@fjord.test"))
        text = "Hei [[ customer.name ]]\r\n[% if customer.email %]<[[ customer.email ]]> & A\u030a[% endif %]"
        made = push(session, text_folder(tmp_path, sms={"sender": "Acme", "text": text}, **LINKED))
        populate(session, made, launch=False)
        recipient = session.query(Recipient).one()
        assert recipient.address == "+4799887766"
        assert text_for(session, made, recipient.id) == "Hei Åse\n<ase@fjord.test> & Å"
