"""Reads. Nothing in here changes a row."""
