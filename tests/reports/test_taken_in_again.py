"""What was taken out goes in again: people by import, mailings by push, and taken out once more it is the same."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import text

from mailings import clock
from mailings.audience.copies import delete_mailing
from mailings.audience.drafts import mailing_named, push
from mailings.db import Database
from mailings.model import Project, Selection, SelectionKind, Topic
from mailings.reports.mailing_folders import write_folder
from mailings.reports.taking_out import take_out
from tests.cli.typed import type_in

PEOPLE = """Name,E-mail,E-mail 2,Mobile,Company,Language,Street,Zip,City,Use as postal address,Consent,Opted out,Interests,Favourite berry
Åse Ødegård,ase@fjord.test,ase@hjem.test,+4791234567,"Fjord, Sønner & Co",no,Strandgata 1,0150,Oslo,yes,yes,"News, Promotions",Båt,blåbær
Désirée van der IJssel,desiree@gracht.test,,,,nl,,,,,no,,,"a ""b"", c"
=SUM(A1),formel@o.test,,,,da,,,,,legitimate interest,,,+45
Blokkert Person,blokk@fjord.test,,,,,,,,,yes,,,
"""
EMAIL = """
name: høst-nytt
type: email
subject: "[[ customer.name ]], høsten er her: «ja»"
from: {name: Åse, address: news@acme.test, use: our_contact}
reply_to: {use: always, name: Bjørg, address: svar@acme.test}
topic: News
archive: {folder: 2026/høst, selection: Kunder, project: Østmesse}
sources:
  - {project: Østmesse}
  - {import: folk.csv, consent: legitimate_interest, unknown: keep}
options: {override_consent: true, one_per_address: false, update_when_sending: false, include_companies: true, prefer_company: true}
tracking: {opens: false, clicks: registered, utm: {source: nyhetsbrev, campaign: høst}}
attachments: [prisliste.pdf]
preheader: Tre ting
html: body.html
text: body.txt
images: {logo: logo.png}
links: {tilbud: {url: "https://acme.test/tilbud?a=1&b=ø", actions: {interests: {add: [Båt]}}}}
rate: 600
in_doubt: {policy: resend, after: 3d}
approval: {above: 5000}
"""
OTHERS = {
    "sms": """
name: sms-høst
type: sms
sources: [{selection: Kunder}]
sms: {sender: Acme, text: 'Hei [[ customer.name ]], 50% på blåbær: =1'}
""",
    "document": """
name: brev-høst
type: document
sources: [{selection: Kunder}]
document: {template: brev.html, heading: Høst, sort: name}
""",
    "form_response": """
name: svar-høst
type: form_response
subject: Takk
from: {name: Åse, address: news@acme.test}
html: body.html
""",
    "template": """
name: mal-høst
type: email
subject: 'yes'
from: {name: 'no', address: news@acme.test}
html: body.html
template: true
approval: true
""",
}
BODY = '<p>Kjære [[ customer.name ]],\r\n<a href="[[ link.unsubscribe ]]">meld deg av</a> – ø</p>\n'


def folder_of(folder: Path, written: str) -> Path:
    """A mailing's folder as a person makes it."""
    folder.mkdir()
    (folder / "mailing.yaml").write_text(written, "utf-8")
    for name in ("body.html", "brev.html", "body.txt"):
        (folder / name).write_bytes(BODY.encode())
    (folder / "prisliste.pdf").write_bytes(b"%PDF-1.4 \xe6\x00")
    (folder / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    (folder / "folk.csv").write_text('name,email,mobile\n"Bjørg, Åse",bjorg@vik.test,\nPer,,+4799887766\n', "utf-8")
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Every file in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("written", [EMAIL, *OTHERS.values()], ids=["email", *OTHERS])
def test_a_mailing_taken_out_is_pushed_again(any_db: Database, tmp_path: Path, written: str) -> None:
    """The folder that is written makes the same draft: taken out once more it is the same, byte for byte."""
    with any_db.writing() as session:
        session.add(Selection(name="Kunder", kind=SelectionKind.STATIC, created_at=clock.now()))
        session.add_all([Project(name="Østmesse", created_at=clock.now()), Topic(name="News")])
        session.flush()
        mailing = push(session, folder_of(tmp_path / "first", written))
        name = mailing.name
        write_folder(session, mailing, tmp_path / "out")
        before = dict(session.execute(text("SELECT * FROM mailing WHERE name = :name"), {"name": name}).mappings().one())
        delete_mailing(session, mailing)
        session.expire_all()
        push(session, tmp_path / "out")
        after = dict(session.execute(text("SELECT * FROM mailing WHERE name = :name"), {"name": name}).mappings().one())
        write_folder(session, mailing_named(session, name), tmp_path / "again")
    differ = {key for key in before if before[key] != after[key]}
    assert differ <= {"id", "created_at"}
    assert len(tree(tmp_path / "out")) > 1 or name == "sms-høst"
    assert tree(tmp_path / "out") == tree(tmp_path / "again")


def test_people_taken_out_are_imported_again(tmp_path: Path) -> None:
    """An empty installation that imports the list holds the same people, consent and opt-outs; whom no list could protect is not on it."""
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
    (tmp_path / "here" / "folk.csv").write_text(PEOPLE, "utf-8")
    for topic in ("here", "there"):
        assert type_in(tmp_path / topic, "init").returncode == 0
    taken = type_in(tmp_path / "here", "people", "import", "folk.csv", "--json")
    assert '"created":4' in taken.stdout, taken.stdout + taken.stderr
    here = Database(f"sqlite:///{tmp_path}/here/var/mailings.db")
    with here.connection() as connection:
        blocked = "INSERT INTO address_standing (normal, bounces, blocked_at, blocked_why) VALUES ('blokk@fjord.test', 5, 1, 'bounced')"
        connection.execute(text(blocked))
    with here.reading() as session:
        take_out(session, tmp_path / "out")
    listed = (tmp_path / "out" / "people-to-import.csv").read_bytes()
    assert b"blokk@fjord.test" not in listed
    (head, *rows) = list(csv.reader(io.StringIO(listed.decode(), newline="")))
    told = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(one["Name"], one["Consent"], one["Opted out"], one["favourite_berry"], one["Use as postal address"]) for one in told] == [
        ("Åse Ødegård", "consent", "News, Promotions", "blåbær", "true"),
        ("Désirée van der IJssel", "withdrawn", "", 'a "b", c', ""),
        ("=SUM(A1)", "legitimate_interest", "", "+45", ""),
    ]
    assert b"blokk@fjord.test" in (tmp_path / "out" / "addresses.csv").read_bytes()
    taken = type_in(tmp_path / "there", "people", "import", str(tmp_path / "out" / "people-to-import.csv"), "--json")
    assert taken.returncode == 0, taken.stderr
    assert '"created":3' in taken.stdout
    assert '"errors":[]' in taken.stdout
    with Database(f"sqlite:///{tmp_path}/there/var/mailings.db").reading() as session:
        take_out(session, tmp_path / "again")
    assert (tmp_path / "again" / "people-to-import.csv").read_bytes() == listed
