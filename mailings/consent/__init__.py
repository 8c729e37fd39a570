"""May we write? Give, withdraw, prove."""
