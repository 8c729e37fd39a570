"""Tests of the room of forms."""
