"""Who gets it: drafts, sources, verdicts, explanations."""
