"""From samples to drafts."""
