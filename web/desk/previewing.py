"""A message as one recipient gets it, and test messages."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
