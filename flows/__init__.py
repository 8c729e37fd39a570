"""What happens, in order: one flow a file, verb_noun."""
