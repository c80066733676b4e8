"""What `manage.py bench` measures in the workers, each against its baseline in the same run."""
