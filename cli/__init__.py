"""The operator's door: `mailings send autumn`, `mailings people import people.xlsx`."""
