"""Transports of the measurements, beside the product's: bench/measured.py puts this folder on the path transports are found on."""
