"""The staff: who may work at the desk, how they are signed in, and the log of what each changed."""
