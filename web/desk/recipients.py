"""A mailing's recipients: filtered, page by page, a million of them as quickly as ten."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
