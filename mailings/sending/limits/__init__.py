"""How fast and when: limits as people set them, buckets they are kept in, lanes of limited domains, and whose turn it is."""
