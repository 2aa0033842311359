"""Nouns and rules of backups on Aura. Standard library only; no clock, no network."""
