"""A folder that uses every key a mailing has, and everything it names."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from tests.audience.people import company, folder, person, project, selection, topic

WHOLE = {
    "name": "høst-2026",
    "subject": "[[ customer.firstname or 'Kjære leser' ]], høsten er her",
    "from": {"name": "Vindheim", "address": "news@vindheim.test", "use": "our_contact"},
    "reply_to": {"use": "always", "name": "Svar", "address": "svar@vindheim.test"},
    "topic": "News",
    "archive": {"folder": "2026/høst"},
    "sources": [
        {"selection": "Kunder"},
        {"project": "Messe"},
        {"person": "ase@x.test"},
        {"company": "Fjord AS"},
        {"import": "liste.csv", "consent": "legitimate_interest", "unknown": "keep"},
    ],
    "options": {"override_consent": True, "one_per_address": False, "update_when_sending": False, "include_companies": True},
    "tracking": {"opens": False, "clicks": "registered", "utm": {"source": "nyhetsbrev"}},
    "attachments": ["prisliste.pdf"],
    "preheader": "Tre ting",
    "text": "body.txt",
    "images": {"logo": "logo.png"},
    "links": {"tilbud": {"url": "https://x.test/å", "actions": {"interests": {"add": ["Ski"]}}}, "andre": {"url": "https://x.test/2"}},
    "rate": 600,
    "in_doubt": {"policy": "resend", "after": "2d"},
    "approval": {"above": 5000},
    "template": True,
}


def whole_folder(path: Path) -> Path:
    """A folder that uses every key an e-mail has."""
    made = folder(path, **WHOLE)
    (made / "body.txt").write_bytes("Hei på deg\r\n".encode())
    (made / "prisliste.pdf").write_bytes(b"%PDF-1.7 pris")
    (made / "logo.png").write_bytes(b"\x89PNG logo")
    (made / "liste.csv").write_text("navn,e-post\nÅse,ASE@x.test\nÜnal,unal@blåbær.test\nFeil,ikke en adresse\n,,\n", encoding="utf-8")
    return made


def known(session: Session) -> None:
    """Everything the whole folder names."""
    topic(session, "News")
    ase = person(session, "Åse", "ase@x.test")
    company(session, "Fjord AS")
    selection(session, "Kunder", ase)
    project(session, "Messe", ase)
