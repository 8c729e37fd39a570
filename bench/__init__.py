"""Measurements: how fast, how much memory, against what is known to be fast."""
