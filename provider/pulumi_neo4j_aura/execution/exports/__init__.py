"""Exports: made, verified, written back into an instance, and adopted from files."""
