"""The log of changes: who, when, what; for administrators."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
