"""Who gets a mailing: drafts, sources, verdicts, populate, explain."""
