"""What is in doubt: sought, asked after, settled by what others say, by policy or by a person."""
