"""Forms that anybody fills in: the page, what is sent with it, its colours, and the script that shows it in somebody else's page (J)."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from mailings.errors import Untrusted
from mailings.forms.answers import Answers, read
from mailings.forms.finding import closed, form_named
from mailings.forms.keys import FormKey, new_key, read_key
from mailings.forms.prefilling import prefilled
from mailings.forms.submitting import Reception, Visitor, sent_before, submit
from mailings.tracking.visits import network_of
from web.door import AtDoor, door_of
from web.public.captcha import captcha_of, passes
from web.public.form_look import sheet_of
from web.public.form_pages import Asked, Place, as_shown, fields_said, place_of
from web.public.plain import A_DAY, FOREVER
from web.sent import Sent, sent

router = APIRouter()

TRAP = "website"  #: a field nobody sees; programs fill in what they find
EMBED = (Path(__file__).parents[1] / "pages" / "embed.js").read_bytes()
SCRIPT = "text/javascript; charset=utf-8"
#: of its own: the DNS and a captcha's provider may take their time, and readers who unsubscribe must not wait for a thread
_threads = ThreadPoolExecutor(8, thread_name_prefix="forms")


@router.api_route("/f/embed.js", methods=["GET", "HEAD"], response_model=None)
def embed() -> Response:
    """The script that gives a frame the height of the form in it; for other sites, at an address that stays."""
    return Response(EMBED, media_type=SCRIPT, headers=A_DAY | {"Cross-Origin-Resource-Policy": "cross-origin"})


@router.api_route("/f/{name}/style.css", methods=["GET", "HEAD"], response_model=None)
def style(name: str, request: Request, door: AtDoor) -> Response:
    """The colours of a form. Its address changes with them."""
    with door.database.reading() as session:
        place, _ = place_of(session, request, name)
    return Response(sheet_of(place.part.style), media_type="text/css; charset=utf-8", headers=FOREVER)


@router.api_route("/f/{name}", methods=["GET", "HEAD"], response_model=None)
def look(name: str, request: Request, door: AtDoor) -> Response:
    """The form, with what its link fills in; or why it cannot be filled in now. Changes nothing."""
    with door.database.reading() as session:
        place, form = place_of(session, request, name)
        why = closed(session, form)
        if why is not None:
            return place.closed(why)
        values = prefilled(session, place.part, fields_said(request), place.delivery)
    return place.ask(Asked(new_key(door.tokens, place.form_id, place.version), values))


@router.post("/f/{name}", response_model=None)
async def take(name: str, request: Request) -> Response:
    """Takes what was sent, committed before the answer (D31); or shows it again with what is wrong, and everything still in it."""
    given = await sent(request)
    return await asyncio.get_running_loop().run_in_executor(_threads, _take, name, request, given)


def _take(name: str, request: Request, given: Sent) -> Response:
    with door_of(request).database.reading() as session:
        place, form = place_of(session, request, name)
        why = closed(session, form)
        key = _key_of(place, given)
        if key is not None and not key.stale:  # what they saw is what they answered, whatever was pushed since
            place = as_shown(session, place, form, key.version)
    if given.more.get(TRAP):
        return place.mailbox() if place.part.double_opt_in else place.thanks()  # as if: nobody who reads learns that it was seen through
    again = _again(key, given)
    answers = read(place.part, given.posted, place.door.settings, look_up=key is not None and not again)
    if why is not None and (key is None or answers.problems):
        return place.closed(why, HTTPStatus.CONFLICT)
    if again or key is None or answers.problems:
        return _anew(place, given, answers, again)
    return _taken(place, given, answers, key)


def _taken(place: Place, given: Sent, answers: Answers, key: FormKey) -> Response:
    if not _is_person(place, given, key):
        return _anew(place, given, answers, "form_captcha")
    client = place.request.scope.get("client")
    network = network_of(client[0]) if client and place.door.settings.keep_network else None
    visitor = Visitor(key.text, network, place.language, place.delivery, key.version)
    with place.door.database.writing() as session:
        taken = submit(session, place.form_id, answers, visitor, place.door.settings)
        why = closed(session, form_named(session, place.part.name)) if taken.reception is Reception.CLOSED else None
    match taken.reception:
        case Reception.CLOSED:
            return place.closed(why, HTTPStatus.CONFLICT)
        case Reception.FLOODED:
            return _anew(place, given, answers, "form_again_often")
        case Reception.UNCONFIRMED:
            return place.mailbox()
        case Reception.THANKED:
            return place.thanks()


def _anew(place: Place, given: Sent, answers: Answers, again: str) -> Response:
    """The form once more, with everything that was written; files a page cannot keep."""
    kept = _key_of(place, given)
    again = "" if again == "form_again_quick" and answers.problems else again  # whatever is put right takes longer
    key = kept.text if kept is not None and not kept.stale else new_key(place.door.tokens, place.form_id, place.version)
    if not again and any(file.data for files in given.posted.files.values() for file in files):
        again = "form_again_files"
    status = HTTPStatus.TOO_MANY_REQUESTS if again == "form_again_often" else HTTPStatus.UNPROCESSABLE_ENTITY
    said = place.say(again) if again else ""
    where = {"captcha" if again == "form_captcha" else "again": said}
    return place.ask(Asked(key, given.posted.fields, answers.problems, status=status, **where))


def _again(key: FormKey | None, given: Sent) -> str:
    """Why even what is complete is to be sent once more: nobody loses what they wrote to a guard against programs."""
    if not given.whole:
        return "form_again_unread"
    if key is None or key.stale:
        return "form_again_old"
    return "form_again_quick" if key.hasty else ""


def _key_of(place: Place, given: Sent) -> FormKey | None:
    try:
        return read_key(place.door.tokens, place.form_id, given.more.get("key", ""))
    except Untrusted:
        return None


def _is_person(place: Place, given: Sent, key: FormKey) -> bool:
    """True where no captcha is asked for, or it is solved. An answer holds once: what was taken already is not asked of again."""
    captcha = captcha_of(place.part.captcha, place.door.settings)
    if captcha is None:
        return True
    with place.door.database.reading() as session:
        if sent_before(session, place.form_id, key.text) is not None:
            return True
    return passes(captcha, given.more.get(captcha.answer, ""), place.door.settings)
