"""What a browser may do with the pages of a form: our own script, its captcha's, and to be framed by those it lists; nothing else."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from mailings.forms.definition import FormPart

_PLACE = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?")
#: what each provider's documentation asks for: kind -> directive -> sources
CAPTCHAS: dict[str, dict[str, str]] = {
    "hcaptcha": dict.fromkeys(("script-src", "frame-src", "style-src", "connect-src"), "https://hcaptcha.com https://*.hcaptcha.com"),
    "recaptcha": {
        "script-src": "https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/",
        "frame-src": "https://www.google.com/recaptcha/ https://recaptcha.google.com/recaptcha/",
    },
}


def headers_of(form: FormPart, *, asks: bool) -> dict[str, str]:
    """The headers of a form's pages that differ from those of all others. `asks` = the page shows the form, with its captcha."""
    allowed = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "form-action": " ".join(["'self'", *_led_to(form)]),  # Chromium holds the redirect after a post to it too
        "frame-ancestors": " ".join(form.embed) or "'none'",
        "base-uri": "'none'",
    }
    captcha = CAPTCHAS[form.captcha] if asks and form.captcha else {}
    allowed |= {name: f"{allowed.get(name, '')} {sources}".strip() for name, sources in captcha.items()}
    told = {"Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in allowed.items())}
    if form.embed:
        # X-Frame-Options knows no list, and browsers that know frame-ancestors pass it over: an empty one is left out
        told |= {"X-Frame-Options": "", "Cross-Origin-Resource-Policy": "cross-origin"}
    return told | (
        {"Referrer-Policy": "strict-origin"} if captcha else {}
    )  # a captcha's keys hold for the site's name, never for its address


def _led_to(form: FormPart) -> list[str]:
    parts = urlsplit(form.pages.thank_you.redirect or "")
    try:
        host = (parts.hostname or "").encode("idna").decode("ascii")
        place = f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return []
    return [place] if _PLACE.fullmatch(place) else []
