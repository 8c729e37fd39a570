"""Bounces of one mailing, blocked addresses and complaints of all, and what is done about them."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
