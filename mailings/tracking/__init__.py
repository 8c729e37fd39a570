"""What came back: visits and reports kept as events, how they are read, and what follows from them."""
