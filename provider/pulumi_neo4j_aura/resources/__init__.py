"""Pulumi adapters: properties in, one core call, properties out."""
