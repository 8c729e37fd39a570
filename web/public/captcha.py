"""Whether a visitor is a person, asked of hCaptcha or reCAPTCHA v2 where a form wants it and the installation has keys (domain.md J.2)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx

from mailings.errors import Misconfigured
from mailings.settings import Settings

log = logging.getLogger("mailings.web")

PATIENCE = httpx.Timeout(5.0)  # seconds for each step; the visitor waits
LONGEST = 8_000  # characters of an answer; today's have some 2,000
#: what the provider says when the fault is ours, not the visitor's
OURS = frozenset({"missing-input-secret", "invalid-input-secret", "sitekey-secret-mismatch", "bad-request", "not-using-dummy-passcode"})


@dataclass(frozen=True, slots=True)
class Captcha:
    """What a page needs to show one, and what its answer is posted as."""

    css: str
    script: str
    answer: str
    verify: str
    site_key: str = ""


KINDS = {
    "hcaptcha": Captcha("h-captcha", "https://js.hcaptcha.com/1/api.js", "h-captcha-response", "https://api.hcaptcha.com/siteverify"),
    "recaptcha": Captcha(
        "g-recaptcha",
        "https://www.google.com/recaptcha/api.js",
        "g-recaptcha-response",
        "https://www.google.com/recaptcha/api/siteverify",
    ),
}


def captcha_of(kind: str | None, settings: Settings) -> Captcha | None:
    """The captcha of a form that asks for this kind. Raises Misconfigured where the installation has no keys for it."""
    if kind is None:
        return None
    if kind != settings.captcha_kind or not settings.captcha_site_key or not settings.captcha_secret.get_secret_value():
        raise Misconfigured(
            f"A form asks for a captcha of kind {kind}; set MAILINGS_CAPTCHA_KIND={kind},"
            " MAILINGS_CAPTCHA_SITE_KEY and MAILINGS_CAPTCHA_SECRET."
        )
    known = KINDS[str(kind)]
    verify = settings.captcha_verify_url or known.verify
    _must_be_private(verify)
    return Captcha(known.css, known.script, known.answer, verify, settings.captcha_site_key)


def passes(captcha: Captcha, answer: str, settings: Settings) -> bool:
    """True for a person. True as well while the provider does not answer: the other guards hold, and nobody is turned away for its trouble.

    The visitor's address is not told to it. Raises Misconfigured where the provider does not take our keys.
    """
    if not answer or len(answer) > LONGEST:
        return False
    secret = settings.captcha_secret.get_secret_value()
    try:
        heard = httpx.post(captcha.verify, data={"secret": secret, "response": answer, "sitekey": captcha.site_key}, timeout=PATIENCE)
        said: Any = heard.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        log.warning("The captcha's provider does not answer (%s); forms are taken without it meanwhile.", type(error).__name__)
        return True
    if not isinstance(said, dict):
        return False
    codes = said.get("error-codes")
    if isinstance(codes, list) and OURS & {str(code) for code in codes}:
        raise Misconfigured("The captcha's provider does not take MAILINGS_CAPTCHA_SECRET; check it, and that it belongs to the site key.")
    return said.get("success") is True


def _must_be_private(url: str) -> None:
    """Raises Misconfigured for an address that is neither https nor this machine's own: the secret goes there."""
    parts = urlsplit(url)
    try:
        here = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        here = False
    if parts.scheme != "https" and not here:
        raise Misconfigured("MAILINGS_CAPTCHA_VERIFY_URL must begin with https://: our secret is sent there.")
