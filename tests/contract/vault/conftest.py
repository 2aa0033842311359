"""The stores of the contract, with real servers behind two of them."""

import secrets

import pytest

from pulumi_neo4j_aura.vault.store import open_store
from support.object_stores import azurite, place_of, seaweedfs

__all__ = ["azurite", "seaweedfs"]

WHERE = ("directory", "memory", "s3", "azure")


@pytest.fixture(params=WHERE)
def store(request, tmp_path, monkeypatch):
    """An empty store, reached as users reach it: a URL, and the environment."""
    if request.param == "memory":
        return open_store("memory://")
    if request.param == "directory":
        return open_store((tmp_path / "vault").as_uri())
    prefix = f"pre fix/ü/{secrets.token_hex(8)}"
    return place_of(request.param, request).open(prefix, monkeypatch)
