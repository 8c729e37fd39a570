"""Somebody who signs on at a provider that vouches for Åse: there and back, as their browser goes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from httpx import Response

from tests.doubles.oidc import CLIENT, SECRET, Issuer
from tests.web.desk.arriving import Visitor

ASE = {"sub": "åse-4711", "email": "Ase@Fjord.test", "email_verified": True, "preferred_username": "ase", "name": "Åse Ødegård"}


def settings_of(issuer: Issuer, **more: Any) -> dict[str, Any]:
    """An installation that trusts it."""
    return {"oidc_issuer": issuer.address, "oidc_client": CLIENT, "oidc_secret": SECRET, "oidc_name": "Fjord-ID"} | more


def sign_on(visitor: Visitor, issuer: Issuer, to: str = "") -> Response:
    """Click the button, be recognised there, come back."""
    return came_back(visitor, issuer.sign_on(visitor.look(f"/sign-in/oidc?to={to}").headers["location"]))


def came_back(visitor: Visitor, address: str) -> Response:
    """The browser follows the provider's way back."""
    parts = urlsplit(address)
    return visitor.look(f"{parts.path.removeprefix('/desk')}?{parts.query}")
