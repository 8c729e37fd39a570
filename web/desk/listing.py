"""The list of mailings: recent, mine, scheduled; searched, by folder, sorted by their figures; compared."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
