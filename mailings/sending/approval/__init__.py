"""Approval: who is asked, what was laid before them, and whether it still holds."""
