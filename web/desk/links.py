"""Tracked links: of one mailing, and registered ones; who clicked."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
