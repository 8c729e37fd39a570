"""The desk: pages for the staff, where mailings are started, watched and followed up."""
