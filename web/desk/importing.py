"""A list uploaded: its rows and errors shown first, then taken in."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
