"""Letters written in Word: a template read once, filled for each recipient, and made a PDF by LibreOffice."""
