"""Celery tasks (importable without torch) and the ML behind them."""
