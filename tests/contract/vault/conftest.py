"""Real servers for the contract of a store."""

from support.object_stores import azurite, seaweedfs

__all__ = ["azurite", "seaweedfs"]
