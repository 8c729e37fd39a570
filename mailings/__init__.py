"""Mailings: who may be written to, what is said, who carries it, and what became of it."""
