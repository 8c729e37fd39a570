"""What the DNS says of the domains we send from: SPF, DKIM, DMARC, and whether receivers will believe our mail."""
