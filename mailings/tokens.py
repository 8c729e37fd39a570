"""The signed short texts in public addresses: the only key of the public door. Made by content and channels, read by the web."""
