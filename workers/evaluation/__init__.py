"""How good the copy is that a model writes: figures that can be compared, and pages that can be read."""
