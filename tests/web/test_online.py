"""The message as a web page: the reader's own, with its links, in a page that can do nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailings.channels import email
from mailings.db import Database
from mailings.model import Mailing, MailingFile, MailingStatus, TrackedLink
from mailings.people.erasing import erase
from mailings.tokens import Kind
from tests.web.readers import Readers, readers


@pytest.fixture
def there(any_db: Database) -> Readers:
    """Readers of a mailing with an image, an attachment and a tracked link."""
    made = readers(any_db)
    with any_db.writing() as session:
        mailing = session.get_one(Mailing, made.mailing)
        session.add(MailingFile(mailing_id=mailing.id, inline=True, name="logo", content_type="image/png", data=b"\x89PNG"))
        session.add(MailingFile(mailing_id=mailing.id, inline=False, name="Kjøreplan <1>.pdf", content_type="application/pdf", data=b"pdf"))
        session.add(TrackedLink(mailing_id=mailing.id, number=1, url="https://acme.test/høst"))
    return made


def test_it_is_the_readers_own_message(there: Readers) -> None:
    """Their name, their tracked links, images inside the page, attachments by name alone."""
    page = there.client.get(there.link(Kind.ONLINE, there.person)).text
    assert "Dag Désirée," in page
    assert f'{there.link(Kind.CLICK, there.person)}/1"' in page
    assert there.link(Kind.UNSUBSCRIBE, there.person) in page
    assert 'src="data:image/png;base64,iVBORw=="' in page
    assert "cid:" not in page
    assert "<li>Kjøreplan &lt;1&gt;.pdf</li></ul></div></body>" in page


def test_the_page_may_do_nothing_but_show(there: Readers) -> None:
    """No scripts, no forms, no frames, pictures from anywhere; no machine is to index or keep it."""
    headers = there.client.get(there.link(Kind.ONLINE, there.person)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "img-src * data:" in policy
    assert "script-src" not in policy
    assert "allow-scripts" not in policy
    assert headers.get_list("content-security-policy") == [policy]
    assert "noindex" in headers["x-robots-tag"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<head><title>Nieuws</title></head>", "<title>Nieuws</title>"),
        ("<head><title> </title></head>", "<title>Nieuws voor Désirée</title>"),
        ("<head></head>", "<title>Nieuws voor Désirée</title>"),
    ],
)
def test_the_page_has_a_title(there: Readers, head: str, title: str) -> None:
    """Its own, else the subject: the tab of a browser must not show the link itself."""
    with there.db.writing() as session:
        session.get_one(Mailing, there.mailing).html = f"<html>{head}<body>Dag</body></html>"
    page = there.client.get(there.link(Kind.ONLINE, there.person)).text
    assert title in page
    assert page.count("<title") == 1


def test_a_preview_shows_nobodys_message(there: Readers) -> None:
    """A preview's link carries no recipient: the page comes without anybody's data, and its links are a preview's too."""
    page = there.client.get(there.preview(Kind.ONLINE)).text
    assert "Dag ," in page
    assert there.preview(Kind.UNSUBSCRIBE) in page


def test_a_test_shows_whose_data_filled_it(there: Readers) -> None:
    """A test message online is what the tester was sent."""
    assert "Dag Désirée," in there.client.get(there.link(Kind.ONLINE, there.test)).text


def test_an_erased_readers_message_leads_nowhere(there: Readers) -> None:
    """The quiet page, like any link that leads nowhere."""
    with there.db.writing() as session:
        erase(session, there.owner)
    answer = there.client.get(there.link(Kind.ONLINE, there.person))
    assert answer.status_code == 404
    assert "Désirée" not in answer.text


def test_viewing_writes_no_link_table(there: Readers) -> None:
    """The mailing is read, not compiled anew: its links keep their numbers."""
    there.client.get(there.link(Kind.ONLINE, there.person))
    with there.db.reading() as session:
        assert session.execute(select(TrackedLink.number, TrackedLink.url)).all() == [(1, "https://acme.test/høst")]


def test_what_cannot_be_put_together_leads_nowhere(there: Readers) -> None:
    """A template that broke meanwhile is no reader's business: the quiet page, without a word of what is wrong."""
    with there.db.writing() as session:
        session.get_one(Mailing, there.mailing).html = "<p>[[ link.nowhere ]] [[ customer.nothing ]]</p>"
    answer = there.client.get(there.link(Kind.ONLINE, there.person))
    assert (answer.status_code, "nowhere" in answer.text.replace("leads nowhere", "")) == (404, False)


def test_a_draft_is_shown_as_it_is_now(there: Readers) -> None:
    """Of a mailing that may still change every look shows the last words; one that is being sent says what it said, and is kept."""
    link, seen = there.preview(Kind.ONLINE), []
    for status, word in (("draft", "one"), ("draft", "two"), ("sending", "three"), ("sending", "never pushed")):
        with there.db.writing() as session:
            mailing = session.get_one(Mailing, there.mailing)
            mailing.status, mailing.html = MailingStatus(status), f"<p>{word}</p>"
        seen.append(there.client.get(link).text.split("<p>")[1].split("</p>")[0])
    assert seen == ["one", "two", "three", "three"]


def test_readers_of_one_compiled_mailing_each_see_their_own(there: Readers) -> None:
    """What is kept is the mailing, never a reader's data."""
    assert "Dag Désirée," in there.client.get(there.link(Kind.ONLINE, there.person)).text
    assert "Dag ," in there.client.get(there.link(Kind.ONLINE, there.bare)).text
    assert there.link(Kind.UNSUBSCRIBE, there.company) in there.client.get(there.link(Kind.ONLINE, there.company)).text


def test_the_page_and_the_message_may_say_different_things(there: Readers) -> None:
    """`isWebPage` holds in the browser and `InEmailClient` in the message, each there alone (domain.md D.5)."""
    said = "<p>[% if isWebPage %]nettside[[ isWebPage ]][% endif %][% if InEmailClient %]brev[[ InEmailClient ]][% endif %]</p>"
    with there.db.writing() as session:
        mailing = session.get_one(Mailing, there.mailing)
        mailing.html = said
        compiled = email.compile_mailing(session, mailing, there.settings)
        row = session.execute(compiled.select, {"mailing_id": there.mailing, "low": there.person, "high": there.person}).one()
        sent = compiled.plain(row, there.person)[1]
    page = there.client.get(there.link(Kind.ONLINE, there.person)).text
    assert ("<p>brev1</p>" in sent, "nettside" in sent) == (True, False)
    assert ("<p>nettside1</p>" in page, "brev" in page) == (True, False)
