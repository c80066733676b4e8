"""The dashboard: how the queue, the reviewers, the adapters and the screen do."""
