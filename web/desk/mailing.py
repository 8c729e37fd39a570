"""One mailing: its summary, its content, and what may be done with it."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
