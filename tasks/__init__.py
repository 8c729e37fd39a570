"""One retryable step each: decorator, transaction, one call into the domain."""
