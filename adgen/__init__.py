"""The domain and the web side of adgen. Nothing in this package imports torch."""
