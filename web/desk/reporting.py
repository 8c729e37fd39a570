"""A mailing's reports: figures, charts, the workbook."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
