"""The models that ship with the repository, and the recipes that make them."""
