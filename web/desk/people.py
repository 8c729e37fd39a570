"""A person's page: everything held and why; addresses corrected."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
