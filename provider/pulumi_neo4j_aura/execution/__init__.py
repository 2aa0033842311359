"""Effects: look, act only if needed, look again. Every function here can be run again."""
