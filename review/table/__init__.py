"""The table of lines: many looked through, chosen and decided at once."""
