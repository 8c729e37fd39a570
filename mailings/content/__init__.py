"""What a mailing says: compiled once, filled per recipient."""
