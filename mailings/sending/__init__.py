"""From a draft to receipts: lifecycle, preflight, leases, claims, deliver, throttle."""
