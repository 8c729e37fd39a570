"""The desk's cookies: no script reads them, no other site sends them, and behind https no other host can set them."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from urllib.parse import urlsplit

from starlette.responses import Response

from mailings.settings import Settings

COOKIE = "mailings_desk"  #: who is signed in
FORM = "mailings_form"  #: whom the sign-in page was shown to
GOING = "mailings_going"  #: who is away to sign on elsewhere
SECONDS = {COOKIE: 7 * 24 * 3600, GOING: 600}  #: how long they are kept; the others go with the browser


def is_https(settings: Settings) -> bool:
    """True where the staff come by https."""
    return settings.public_url.lower().startswith("https://")


def cookie_of(settings: Settings, name: str = COOKIE) -> str:
    """The cookie's name. With https `__Host-` binds it to this one host: a neighbour's page cannot put its own in the place of ours."""
    return f"__Host-{name}" if is_https(settings) else name


def give(response: Response, settings: Settings, name: str, value: str) -> None:
    """Set a cookie; an empty value takes it away."""
    https = is_https(settings)
    path = "/" if https else f"{urlsplit(settings.public_url).path.rstrip('/')}/desk"  # __Host- wants the root
    response.set_cookie(
        cookie_of(settings, name), value, max_age=SECONDS.get(name) if value else 0, path=path, secure=https, httponly=True, samesite="lax"
    )


def sealed(settings: Settings, purpose: str, text: str) -> str:
    """A seal over `text` for one purpose, 43 letters: only we can make it."""
    key = settings.secret.get_secret_value().split()[0].encode()
    return urlsafe_b64encode(hmac.digest(key, f"desk {purpose}\n{text}".encode(), hashlib.sha256)).decode().rstrip("=")


def holds(settings: Settings, purpose: str, text: str, seal: str) -> bool:
    """True when `seal` is ours over that text."""
    return hmac.compare_digest(sealed(settings, purpose, text).encode(), seal.encode())
