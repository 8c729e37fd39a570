"""Selections with their mailings, projects with their activities."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
