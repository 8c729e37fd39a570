"""The public door: a token in the address is its only key."""
