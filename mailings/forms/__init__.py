"""What people send us: forms are pushed, filled in on the web, matched with people, and acted upon."""
