"""Writes. Every change of state is a conditional UPDATE that says what state it starts from."""
