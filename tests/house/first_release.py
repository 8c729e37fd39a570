"""A database as the first release left it: the tables of migration 0001 with rows in each, in that release's words and not today's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, MetaData, Table, text

AT = 1_790_000_000_000  # milliseconds
BODY = '<p>Kjære [[ customer.name ]], <a href="https://acme.test/høst">les mer</a>. <a href="[[ link.unsubscribe ]]">Meld deg av</a></p>'
BLANK = ("middle_name", "salutation", "title", "position", "phone", "direct_phone", "username", "number", "category", "business", "note")
NOBODY = dict.fromkeys(BLANK, "")
STATUSES = ("draft", "scheduled", "populating", "sending", "paused", "sent", "cancelled")  # mailing 1 to 7
SENDING, SENT, CANCELLED = 4, 6, 7
PEOPLE = (
    *(
        ("Åse Ødegård", "ase@fjord.test", "no"),
        ("Désirée van der IJssel", "desiree@gracht.test", "nl"),
        ("Søren Æbelø", "soren@o.test", "da"),
    ),
    *(("Jürgen Weiß", "jurgen@weiss.test", "de"), ("Göran Öström", "goran@sjo.test", "sv"), ("Mæve O'Brien", "maeve@hill.test", "en")),
)


def mailing(number: int, status: str) -> dict[str, Any]:
    """A mailing of the first release."""
    begun = AT + number if status in ("sending", "paused", "sent", "cancelled") else None
    plain = {"topic_id": 1, "folder_id": 2, "archive_selection_id": None, "archive_project_id": None, "preheader": "", "text": ""}
    choices = {"one_per_address": True, "update_when_sending": True, "override_consent": False, "include_companies": False}
    times = {"populated_at": begun, "scheduled_at": AT if status == "scheduled" else None, "started_at": begun, "created_at": AT - number}
    return {
        **plain,
        **choices,
        **times,
        "id": number,
        "name": f"{status}-høst",
        "type": "email",
        "status": status,
        "held_reason": "The relay refuses us." if status == "paused" else None,
        "subject": "[[ customer.name ]], høsten er her",
        "html": BODY,
        "sender": {"name": "Åse", "address": "news@acme.test", "use": "always"},
        "reply_to": {"use": "from", "name": "", "address": ""},
        "prefer_company": False,
        "tracking": {"opens": True, "clicks": "all", "utm": {}},
        "rate": None,
        "in_doubt": {"policy": "drop", "after_s": 259_200},
        "approval": {},
        "template": False,
        "more": {},
        "finished_at": begun if status in ("sent", "cancelled") else None,
        "created_by": "kari",
    }


def recipient(number: int, mailing_id: int, person: int, verdict: str = "eligible") -> dict[str, Any]:
    """A person on a mailing's list."""
    facts = {"id": number, "mailing_id": mailing_id, "source_id": mailing_id, "person_id": person, "company_id": None, "name": None}
    return facts | {"address": PEOPLE[person - 1][1], "verdict": verdict, "overridden": False, "erased_at": None}


def delivery(number: int, mailing_id: int, person_row: int, status: str, **facts: Any) -> dict[str, Any]:
    """One message, as that release wrote it down."""
    gone = None if status in ("queued", "cancelled") else AT + number
    named = {"id": number, "mailing_id": mailing_id, "recipient_id": person_row, "status": status, "test": False, "address": None}
    held = {"attempts": 0 if gone is None else 1, "lease_id": None if gone is None else 1, "claimed_at": gone, "next_attempt_at": None}
    taken = {"sent_at": gone if status in ("sent", "delivered", "bounced") else None, "code": None, "reason": None, "provider_id": None}
    return named | held | taken | facts


ROWS: dict[str, list[dict[str, Any]]] = {
    "address_standing": [
        {
            "normal": "goran@sjo.test",
            "bounces": 5,
            "last_bounce_at": AT,
            "last_bounce_code": "5.1.1",
            "last_bounce_reason": "Okänd användare",
        }
        | {"blocked_at": AT, "blocked_why": "returned 5 times", "complained_at": None}
    ],
    "associate": [{"id": 1, "username": "kari", "name": "Kari Nordmann", "email": "kari@acme.test", "phone": None, "cellphone": None}],
    "bucket": [{"name": "installation", "per_minute": 600.0, "next_free": AT}],
    "folder": [{"id": 1, "name": "2026", "parent_id": None}, {"id": 2, "name": "høst", "parent_id": 1}],
    "interest": [{"id": 1, "name": "Blåbær"}],
    "project": [{"id": 1, "name": "Østmesse", "created_at": AT}],
    "selection": [
        {"id": 1, "name": "Kunder på Østlandet", "kind": "static", "condition": None, "left_id": None, "right_id": None}
        | {"combination": None, "include_main_contact": False, "created_at": AT}
    ],
    "topic": [{"id": 1, "name": "News", "description": "Nyheter"}],
    "company": [
        dict.fromkeys(("department", "phone", "fax", "street", "zip", "city", "country", "domain", "url", "category", "business"), "")
        | {"id": 1, "name": "Fjord & Sønner AS", "email": "post@fjord.test", "email_normal": "post@fjord.test", "email_valid": True}
        | {"number": "", "note": "", "custom": {"Størrelse": "små"}, "our_contact_id": 1, "our_sales_contact_id": None}
        | {"primary_contact_id": 1, "no_mailings": False, "stop": False, "created_at": AT, "deleted_at": None}
    ],
    "mailing": [mailing(number, status) for number, status in enumerate(STATUSES, 1)],
    "lease": [
        {"id": 1, "mailing_id": SENDING, "role": "sender", "host": "gammel-vert", "pid": 1, "process_started": 1}
        | {"taken_at": AT, "renewed_at": AT, "ended_at": None}
    ],
    "mailing_file": [
        {
            "id": 1,
            "mailing_id": 1,
            "inline": False,
            "name": "prisliste.pdf",
            "content_type": "application/pdf",
            "data": b"%PDF-1.4 \xe6\x00",
        }
    ],
    "person": [
        {**NOBODY, "id": number, "name": name, "first_name": name.split()[0], "last_name": name.split()[-1], "language": language}
        | {"country": "", "mobile": "", "mobile_normal": None, "custom": {"Båt": "færing"}, "company_id": 1, "our_contact_id": 1}
        | {"support_contact_id": None, "rank": number, "retired": False, "no_mailings": False, "created_at": AT, "deleted_at": None}
        for number, (name, _, language) in enumerate(PEOPLE, 1)
    ],
    "tracked_link": [
        {"id": 1, "mailing_id": SENT, "number": 1, "name": None, "url": "https://acme.test/høst", "actions": {}, "deleted_at": None}
    ],
    "address": [
        {"id": number, "person_id": number, "rank": 1, "written": address, "normal": address, "valid": True, "problem": None}
        for number, (_, address, _) in enumerate(PEOPLE, 1)
    ],
    "consent": [
        {"id": number, "person_id": number, "purpose": "e-marketing", "basis": "withdrawn" if number == 6 else "consent"}
        | {"source": "Import", "comment": None, "given_at": AT, "given_by": "kari"}
        for number in range(1, 7)
    ],
    "opt_out": [{"id": 1, "person_id": 6, "topic_id": 1, "since": AT, "source": "Unsubscribe page", "ended_at": None}],
    "person_interest": [{"id": 1, "person_id": 1, "interest_id": 1}],
    "project_member": [{"id": 1, "project_id": 1, "person_id": 2}],
    "selection_member": [{"id": number, "selection_id": 1, "person_id": number} for number in range(1, 7)],
    "source": [
        {"id": number, "mailing_id": number, "position": 1, "kind": "import" if number == 1 else "selection", "archive": False}
        | {"label": "folk.csv" if number == 1 else "Kunder på Østlandet", "selection_id": None if number == 1 else 1, "project_id": None}
        | {"person_id": None, "company_id": None, "basis": "contract" if number == 1 else None, "keep_unknown": number == 1}
        for number in range(1, 8)
    ],
    "imported_row": [
        {"id": 1, "source_id": 1, "row": 2, "name": "Bjørg", "written": "Bjorg@vik.test", "normal": "bjorg@vik.test", "mobile_normal": None}
    ],
    "recipient": [
        *(recipient(number, SENT, number) for number in range(1, 6)),
        recipient(6, SENT, 6, "not_subscribed"),
        *(recipient(10 + number, SENDING, number) for number in range(1, 5)),
        *(recipient(20 + number, CANCELLED, number) for number in range(1, 3)),
    ],
    "delivery": [
        *(delivery(number, SENT, number, status) for number, status in ((1, "sent"), (2, "delivered"))),
        delivery(3, SENT, 3, "bounced", code="550 5.1.1", reason="Ukendt"),
        delivery(4, SENT, 4, "failed", code="554", reason="Unbekannt"),
        delivery(5, SENT, 5, "in_doubt", reason="the sender died"),
        *(delivery(10 + number, SENDING, 10 + number, status) for number, status in ((1, "sent"), (2, "sending"), (3, "queued"))),
        delivery(14, SENDING, 14, "queued", attempts=1, claimed_at=AT, next_attempt_at=AT, code="451 4.7.1", reason="Try again later"),
        delivery(21, CANCELLED, 21, "sent"),
        delivery(22, CANCELLED, 22, "cancelled", reason="The mailing was cancelled."),
        delivery(30, SENT, 1, "sent", test=True, address="kari@acme.test"),
    ],
    "delivery_note": [{"id": 1, "delivery_id": 5, "at": AT, "what": "in_doubt", "why": "the sender died", "by": None}],
}


def fill(connection: Connection) -> None:
    """Put the rows in, through the tables as they are there and not as today's code describes them."""
    for name, rows in ROWS.items():
        table = Table(name, MetaData(), autoload_with=connection, resolve_fks=False)
        connection.execute(table.insert(), rows)
        if connection.dialect.name == "postgresql" and "id" in table.c:
            connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"))
