"""`mailings up`: what it runs, where it keeps it, how it begins, watches and ends it. Empty, for others ask where its server is."""
