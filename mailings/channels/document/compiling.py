"""Compiles the letters of a mailing, by how its template is written."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mailings.channels import Compiled
from mailings.channels.document.html import compiled_html
from mailings.channels.document.word import compiled_word, in_word
from mailings.model import Mailing
from mailings.settings import Settings


def compile_mailing(session: Session, mailing: Mailing, settings: Settings) -> Compiled:
    """The mailing compiled. Letters have no link table, so nothing is written. Raises BadTemplate with its place."""
    return compiled_of(session, mailing, settings)


def compiled_of(session: Session, mailing: Mailing, settings: Settings) -> Compiled:
    """The mailing compiled. Raises BadTemplate with its place."""
    return compiled_word(session, mailing, settings) if in_word(mailing) else compiled_html(session, mailing, settings)
