"""The users of the desk: made, given roles, disabled; for administrators."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
