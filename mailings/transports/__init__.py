"""Who carries a message: one file or small package each; the name is its only registration."""
