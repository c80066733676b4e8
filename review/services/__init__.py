"""Writes: claims, decisions, the feed, training requests."""
