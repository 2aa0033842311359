"""Decisions as pure functions: values in, values out; no clock, no network, no randomness."""
