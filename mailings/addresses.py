"""How an address or mobile number is read, cleaned and compared: one key for equal addresses, one sentence for wrong ones."""
