"""One handler per action of a plan: look, act only if needed, look again."""
