"""What is run with the peer's own Python, in its own environment: it imports nothing of ours."""
