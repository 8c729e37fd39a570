"""Real servers for tests and measurements, each on a free port of the loopback."""
