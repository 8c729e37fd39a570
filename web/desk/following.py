"""What is done with chosen recipients: exported, put into a selection or project, sent to again."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
