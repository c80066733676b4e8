"""Whether the screen and the copywriter treat groups of people alike."""
