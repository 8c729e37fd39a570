"""Alembic migrations; `mailings init` runs them, and so does nothing else."""
