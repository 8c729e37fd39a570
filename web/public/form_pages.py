"""The pages of one form: itself, with what stands in it and what is wrong; its thanks; its closed door; where it leads on to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from urllib.parse import urlencode, urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from mailings.content.links import with_words
from mailings.errors import Untrusted
from mailings.forms.answers import TOTAL_KB, Problem
from mailings.forms.definition import FormPart, definition_of
from mailings.forms.finding import Closed, form_named
from mailings.forms.parts import PagePart
from mailings.forms.versions import seen
from mailings.model import Form
from mailings.tokens import Kind
from web.door import Door, door_of
from web.pages import language_of
from web.public.captcha import captcha_of
from web.public.form_fields import fields_of
from web.public.form_look import sheet_of
from web.public.form_policy import headers_of

KEPT = ("embed", "t", "lang")  #: words of the address that the next page of the form is to know too, beside UTM words


@dataclass(frozen=True, slots=True)
class Asked:
    """The form as it is to be shown. `again` = why it is shown once more, as a sentence."""

    key: str
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    problems: Mapping[str, Problem] = field(default_factory=dict)
    again: str = ""
    captcha: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A form, and the visitor who looks at it. `delivery` = the message whose link led here."""

    request: Request
    form_id: int
    part: FormPart
    version: int  # of what is shown
    delivery: int | None = None

    @property
    def door(self) -> Door:
        """The door they came in by."""
        return door_of(self.request)

    @property
    def language(self) -> str:
        """The form's own, whatever the browser would like: its fields are written in that. `?lang=` goes before it."""
        return language_of(self.request, self.door.settings, self.part.language)

    @property
    def embedded(self) -> bool:
        """True in a page of somebody else's."""
        return "embed" in self.request.query_params

    def say(self, name: str, **values: object) -> str:
        """A text in the form's language."""
        return self.door.pages.say(name, self.language, **values)

    def ask(self, asked: Asked) -> Response:
        """The form. Raises Misconfigured where its captcha has no keys."""
        captcha = captcha_of(self.part.captcha, self.door.settings)
        shown = fields_of(self.part, asked.values, asked.problems, self.say)
        return self._show(
            "form",
            asked.status,
            asks=True,
            form=self.part,
            shown=shown,
            wrong=[one for one in shown.values() if one.wrong],
            again=asked.again,
            must=any(one.mandatory for one in self.part.every),
            files=any(one.holds == "files" for one in self.part.every),
            most=TOTAL_KB,
            key=asked.key,
            action=f"?{urlencode(self._kept())}",
            captcha=captcha,
            captcha_wrong=asked.captcha,
        )

    def thanks(self) -> Response:
        """The thank-you page, or on to where the form's author says, with the UTM words that led here."""
        return self._page(self.part.pages.thank_you, ("form_thanks_title", self.say("form_thanks")), done=True)

    def mailbox(self) -> Response:
        """That a message with a link is on its way; the same for every address."""
        told = self.say("form_mailbox", minutes=self.door.settings.confirm_minutes)
        return self._show("form-said", title=self.say("form_mailbox_title"), message=told, leads="", done=True)

    def closed(self, why: Closed | None, status: int = 200) -> Response:
        """The inactive page, or on to where the form's author says."""
        words = ("form_closed_title", self.say("form_closed"))
        if why is Closed.NOT_YET and self.part.opens is not None:
            moment = f"{self.part.opens:%Y-%m-%d %H:%M} UTC"
            words = ("form_not_yet_title", self.say("form_not_yet", moment=moment))
        return self._page(self.part.pages.inactive, words, status=status)

    def _page(self, page: PagePart, words: tuple[str, str], *, status: int = 200, done: bool = False) -> Response:
        title, message = page.title or self.say(words[0]), page.message or words[1]
        leads = with_words(page.redirect, self._utm()) if page.redirect else ""
        if leads and not self.embedded:
            return RedirectResponse(leads, 303, headers_of(self.part, asks=False))
        return self._show("form-said", status, title=title, message=message, leads=leads, done=done)

    def _show(self, page: str, status: int = 200, *, asks: bool = False, **values: object) -> Response:
        pages, sheet = self.door.pages, sheet_of(self.part.style)
        told = {"embedded": self.embedded, "script": pages.url_of("form.js"), "sheet": self._sheet(sheet)}
        shown = pages.show(page, self.language, status, **told, **values)
        shown.headers.update(headers_of(self.part, asks=asks))
        return shown

    def _sheet(self, sheet: str) -> str:
        path = urlsplit(self.door.settings.public_url).path.rstrip("/")
        return f"{path}/f/{self.part.name}/style.css?v={sha256(sheet.encode()).hexdigest()[:12]}" if sheet else ""

    def _kept(self) -> list[tuple[str, str]]:
        words = self.request.query_params
        return [(name, words[name]) for name in KEPT if name in words] + list(self._utm())

    def _utm(self) -> tuple[tuple[str, str], ...]:
        words = self.request.query_params.multi_items()
        return tuple((name, value) for name, value in words if name.startswith("utm_"))


def place_of(session: Session, request: Request, name: str) -> tuple[Place, Form]:
    """The form of that name, and whose link led to it: a token that does not hold is no reason to turn anybody away. Raises NotFound."""
    form = form_named(session, name.replace("\0", ""))
    delivery = None
    with suppress(Untrusted):
        delivery = door_of(request).tokens.read(Kind.FORM, request.query_params.get("t", "")).delivery
    return Place(request, form.id, definition_of(form), form.version, delivery), form


def as_shown(session: Session, place: Place, form: Form, version: int) -> Place:
    """The same place as that version of the form shows it."""
    return replace(place, part=seen(session, form, version), version=version)


def fields_said(request: Request) -> list[tuple[str, str]]:
    """(identifier, value) of what the address writes in fields: `?field_IDENTIFIER=value` (domain.md J.3)."""
    words = request.query_params.multi_items()
    start = "field_"
    return [(name.removeprefix(start), value.replace("\0", "")) for name, value in words if name.startswith(start)]
