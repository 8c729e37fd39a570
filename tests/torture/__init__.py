"""Torture: a real process is killed before and after every effect of sending, then another goes on; `make torture` prints what it saw."""
