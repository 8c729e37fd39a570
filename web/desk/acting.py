"""What is done with a mailing: scheduled, paused, resumed, cancelled, copied, deleted, moved to a folder."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
