"""Signing in and out: by password, or at the installation's own provider (OIDC)."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
