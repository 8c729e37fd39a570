"""Where a form is found: its address, and the lines that show it within another page (domain.md J.3)."""

from __future__ import annotations

from html import escape

from mailings.model import Form
from mailings.settings import Settings


def address_of(form: Form, settings: Settings) -> str:
    """The form's public address."""
    return f"{settings.public_url.rstrip('/')}/f/{form.name}"


def snippet_of(form: Form, settings: Settings) -> str:
    """HTML to paste into a page of an origin that the form lists under `embed`; it is as high as the form needs."""
    public = settings.public_url.rstrip("/")
    frame = f'<iframe src="{address_of(form, settings)}?embed=1" title="{escape(form.title, quote=True)}" data-mailings-form'
    return f'{frame} style="width:100%;border:0;min-height:480px"></iframe>\n<script src="{public}/f/embed.js" async></script>'
