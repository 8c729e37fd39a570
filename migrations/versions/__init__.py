"""Every step the tables have taken, one a file, in the order of their numbers."""
