"""An address corrected, the cause of its trouble beside it."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
