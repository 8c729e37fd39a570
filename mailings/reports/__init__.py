"""Figures: every number counts a recipient once, by its latest delivery."""
