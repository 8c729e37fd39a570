"""Consent: given, withdrawn, in force at once."""
