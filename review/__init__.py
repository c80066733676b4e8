"""Decisions on copy, the feed of what was approved, and the manifests that training reads."""
