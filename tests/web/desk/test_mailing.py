"""One mailing at the desk: its Summary says what it is and who gets it, its Content shows the message in a frame it cannot leave."""

from __future__ import annotations

from mailings import clock
from mailings.db import Database
from mailings.model import DeliveryStatus, MailingFile, MailingStatus, Recipient, Role, TrackedLink, Verdict
from tests.consent.waiting import a_mailing, queue
from tests.sending.fit import FROM, written
from tests.web.desk.fitting import FIT
from tests.web.desk.seated import seated

NAME = "høst-nytt"


def test_the_summary_says_what_it_is(db: Database) -> None:
    """Subject, sender with its signs escaped, options in force, sources; in the reader's language."""
    written(db, subject="Høst & <b>ost</b>", update_when_sending=False, rate=60.0)
    with seated(db, **FIT) as seat:
        page = seat.look(f"/mailings/{NAME}", **{"accept-language": "nb"}).text
    for told in ("Høst &amp; &lt;b&gt;ost&lt;/b&gt;", "Fjord &lt;nyheter@fjord.test&gt;", "Én melding per adresse", "Høyst 60 i minuttet"):
        assert told in page
    assert "Listen lages på nytt ved sending" not in page
    assert "Person: <strong>Åse</strong>" in page


def test_everybody_left_out_is_counted_with_the_reason(db: Database) -> None:
    """On the list, who gets it, and each reason with how many; the sentence says that nobody is lost, or how many are."""
    with db.writing() as session:
        mailing = a_mailing(session, NAME)
        queue(session, mailing, "åse@fjord.test", DeliveryStatus.SENT)
        mailing_id = mailing.id
        for number in range(2):
            session.add(Recipient(mailing_id=mailing_id, address=f"{number}@ijssel.test", verdict=Verdict.NO_CONSENT))
    with seated(db) as seat:
        page = seat.look(f"/mailings/{NAME}").text
        assert "Left out — no consent</a></dt><dd>2</dd>" in page
        assert "Everybody is accounted for, nobody lost and nobody counted twice. Recipients in all: 3." in page
        with db.writing() as session:
            session.add(Recipient(mailing_id=mailing_id, address="borte@fjord.test", verdict=Verdict.ELIGIBLE))
        assert "Neither left out nor accounted for: 1." in seat.look(f"/mailings/{NAME}").text


def test_what_held_it_stands_above(db: Database) -> None:
    """The reason a mailing is paused is on each of its pages, and it can be resumed."""
    with db.writing() as session:
        a_mailing(session, NAME, status=MailingStatus.PAUSED, held_reason="The server says 554 <relay denied>.")
    with seated(db) as seat:
        for tab in ("", "/content", "/reports"):
            assert "The server says 554 &lt;relay denied&gt;." in seat.look(f"/mailings/{NAME}{tab}").text
        assert f'action="/desk/mailings/{NAME}/resume"' in seat.look(f"/mailings/{NAME}").text


def test_the_message_is_shown_in_a_frame_it_cannot_leave(db: Database) -> None:
    """No script, no form, not even our own origin within the frame; and only our own pages may frame it."""
    written(db, html='<p>Hei [[ customer.firstname or "der" ]]</p><script>alert(1)</script><img src="cid:logo">')
    with db.writing() as session:
        session.add(MailingFile(mailing_id=1, inline=True, name="logo", content_type="image/png", data=b"\x89PNG"))
    with seated(db, **FIT) as seat:
        assert '<iframe class="message wide" sandbox ' in seat.look(f"/mailings/{NAME}/content").text
        assert '<iframe class="message phone" sandbox ' in seat.look(f"/mailings/{NAME}/content?width=phone").text
        answer = seat.look(f"/mailings/{NAME}/content/message")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "script-src" not in policy
    assert policy.endswith("frame-ancestors 'self'; sandbox")
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "Hei der" in answer.text
    assert "data:image/png;base64,iVBORw" in answer.text


def test_a_broken_template_is_shown_as_it_is_written(db: Database) -> None:
    """What cannot be filled in says where, and the page is there all the same."""
    written(db, html="<p>[[ customer.nope ]]</p>")
    with seated(db, **FIT) as seat:
        page = seat.look(f"/mailings/{NAME}/content")
        assert page.status_code == 200
        assert "customer.nope" in page.text
        assert "[[ customer.nope ]]" in seat.look(f"/mailings/{NAME}/content/message").text


def test_attachments_and_links_are_listed(db: Database) -> None:
    """Files with their size, links with a name and without one but none that is gone, and the text part as it was written."""
    written(db, text="Hei Åse\nHøst")
    with db.writing() as session:
        for number, name, gone in ((1, "påmelding", None), (2, None, None), (3, "gammel", clock.now())):
            session.add(TrackedLink(mailing_id=1, number=number, name=name, url=f"https://fjord.test/{number}", deleted_at=gone))
        session.add(MailingFile(mailing_id=1, inline=False, name="prisliste-ø.pdf", content_type="application/pdf", data=b"x" * 2049))
    with seated(db, **FIT) as seat:
        page = seat.look(f"/mailings/{NAME}/content").text
    assert "prisliste-ø.pdf" in page
    assert "attachment, 3 kB" in page
    assert '<strong>påmelding</strong> <span class="soft wrap">https://fjord.test/1</span>' in page
    assert '<li><span class="soft wrap">https://fjord.test/2</span>' in page
    assert "https://fjord.test/3" not in page
    assert "Hei Åse\nHøst" in page


def test_a_mailing_there_is_not_is_a_page_that_says_so(db: Database) -> None:
    """404 with the domain's sentence, on the desk's own page."""
    with seated(db, Role.READER) as seat:
        for tab in ("", "/content", "/content/message", "/reports", "/charts/links.svg", "/report.xlsx", "/live"):
            answer = seat.look(f"/mailings/finnes-ikke{tab}")
            assert answer.status_code == 404, tab
        assert "There is no mailing named" in answer.text


def test_the_list_leads_to_each_and_sorts_by_headings(db: Database) -> None:
    """A row a mailing; each heading sorts, and by the other way round where it is sorted already; an empty list says what to do."""
    with seated(db, Role.READER) as seat:
        assert "No mailings yet" in seat.look("/mailings").text
        with db.writing() as session:
            a_mailing(session, NAME, sender=FROM, subject="Høst <ost>")
            a_mailing(session, "ål", created_by="anna", finished_at=clock.now(), status=MailingStatus.SENT)
        page = seat.look("/mailings").text
        assert f'href="/desk/mailings/{NAME}"' in page
        assert "Høst &lt;ost&gt;" in page
        assert "None of them is yours" in seat.look("/mailings?view=mine").text
        assert "No mailing is like that" in seat.look("/mailings?words=vår").text
        sorted_by_name = seat.look("/mailings?sort=name&order=up").text
        assert 'aria-sort="ascending"' in sorted_by_name
        assert "/desk/mailings?sort=name&amp;order=down" in sorted_by_name or "/desk/mailings?sort=name" in sorted_by_name
        assert seat.look("/mailings?sort=nope&page=x&order=&view=zz").status_code == 200
