"""People: lists of them read, brought in, shown, corrected, erased; selections and projects."""
