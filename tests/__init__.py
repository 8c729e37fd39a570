"""The tests mirror the rooms; a test's docstring states the truth it proves."""
