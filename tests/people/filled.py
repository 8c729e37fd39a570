"""A person of whom every table of the database holds something, to prove that nothing is left out of what is shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from mailings.consent.standing import block_address
from mailings.consent.withdrawing import opt_out
from mailings.model import (
    Associate,
    Company,
    Delivery,
    DeliveryNote,
    DeliveryStatus,
    Evidence,
    Form,
    ImportedRow,
    Interest,
    Moment,
    Person,
    PersonInterest,
    Project,
    ProjectMember,
    Sale,
    Selection,
    SelectionKind,
    SelectionMember,
    Source,
    SourceKind,
    Submission,
    SubmissionStatus,
    SubmittedFile,
)
from mailings.reported import BounceKind, BounceWhy
from tests.consent.waiting import a_mailing, a_person, a_topic, queue
from tests.people.returned import everything_back

AT = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)


def filled(session: Session) -> Person:
    """A person of whom every table holds something, with a moment of its own in every stamp."""
    ours = Associate(username="kåre", name="Kåre Vår-Kontakt")
    company = Company(name="Ødegård Møbler AS", created_at=AT)
    selection, project = Selection(name="Faste kunder", kind=SelectionKind.STATIC, created_at=AT), Project(name="Båtmesse", created_at=AT)
    interest, news = Interest(name="Seiling"), a_topic(session)
    session.add_all([ours, company, selection, project, interest])
    session.flush()
    told = {name: f"x{name}" for name in ("first_name", "middle_name", "last_name", "salutation", "title", "position", "phone", "category")}
    told |= {name: f"x{name}" for name in ("direct_phone", "username", "number", "business", "note", "mobile", "street", "zip", "city")}
    told |= {"use_as_postal": True}
    person = a_person(
        session, "ase@fjord.test", "ase2@fjord.test", name="Åse <Ødegård>", language="nb", country="NO", mobile_normal="+4799887766",
        custom={"skostørrelse": "38½"}, rank=7, company_id=company.id, our_contact_id=ours.id, support_contact_id=ours.id, **told,
    )  # fmt: skip
    person.addresses[1].valid, person.addresses[1].problem = False, "xproblem"
    session.add(SelectionMember(selection_id=selection.id, person_id=person.id))
    session.add(ProjectMember(project_id=project.id, person_id=person.id))
    session.add(PersonInterest(person_id=person.id, interest_id=interest.id))
    session.add(Sale(number="xsale", name="Båtsalg", person_id=person.id, created_at=AT))
    opt_out(session, person.id, news.id, "xoptout")
    block_address(session, "ase2@fjord.test", "xblocked")
    _sent(session, person)
    return person


def _sent(session: Session, person: Person) -> None:
    mailing = a_mailing(session, "høst-nytt")
    sent, bare = queue(session, mailing, person, DeliveryStatus.BOUNCED), queue(session, mailing, "ase2@fjord.test", DeliveryStatus.SENT)
    stamps = [column.key for column in Delivery.__table__.columns if isinstance(column.type, Moment)]
    for days, stamp in enumerate(stamps):
        setattr(sent, stamp, AT + timedelta(days=days))
    sent.code, sent.reason, sent.provider_id, sent.bounce, sent.bounce_why = "xcode", "xreason", "xprov", BounceKind.HARD, BounceWhy.NETWORK
    bare.provider_id = "xbare"
    trial = Delivery(mailing_id=mailing.id, test=True, address="ase@fjord.test", status=DeliveryStatus.SENT, provider_id="xtrial")
    source = Source(mailing_id=mailing.id, position=1, kind=SourceKind.PERSON, label="xsource", person_id=person.id)
    session.add_all([trial, source, DeliveryNote(delivery_id=sent.id, at=AT, what="xwhat", why="xwhy", by="xby")])
    session.add(Evidence(delivery_id=sent.id, at=AT, verdict=DeliveryStatus.BOUNCED, source="xsaid by", said="xsaid"))
    session.flush()
    session.add(ImportedRow(source_id=source.id, row=7, name="xlisted", written="xwritten", normal="ase@fjord.test", mobile_normal="+4711"))
    everything_back(session, mailing, sent, person)
    _sent_in(session, person)


def _sent_in(session: Session, person: Person) -> None:
    form = Form(name="påmelding", title="xform", created_at=AT, changed_at=AT)
    session.add(form)
    session.flush()
    at = {name: AT + timedelta(hours=hours) for hours, name in enumerate(("created_at", "submitted_at", "confirmed_at", "processed_at"))}
    made = Submission(
        form_id=form.id, key="xkey", status=SubmissionStatus.PROCESSED, values={"shoe": "xshoe"}, email="ase@fjord.test", language="nb",
        person_id=person.id, network="203.0.113.0/24", processed_by="xprocessor", problem="xproblem", outcome="xoutcome", **at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add(SubmittedFile(submission_id=made.id, field="cv", name="xcv.pdf", content_type="application/pdf", data=b"%PDF"))
    session.flush()
