"""Find, import, correct, export and erase people; companies, selections, projects and their members."""
