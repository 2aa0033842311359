"""v2beta1 of a world, and what tests do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from contract.emulator.world import OPERATION_SECONDS, checked
from support.emulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    DEVELOPMENT_PROJECT_ID,
    ORGANIZATION_ID,
    PRODUCTION_PROJECT_ID,
)

if TYPE_CHECKING:
    import httpx

    from contract.emulator.world import World

ORGANIZATION = f"/organizations/{ORGANIZATION_ID}"
PROJECTS = f"{ORGANIZATION}/projects"
INSTANCES = f"{PROJECTS}/{PRODUCTION_PROJECT_ID}/instances"
ELSEWHERE = f"{PROJECTS}/{DEVELOPMENT_PROJECT_ID}/instances"


class Beta:
    """One credential's view of a world through v2beta1."""

    def __init__(
        self, world: World, client_id: str = CLIENT_ID, secret: str = CLIENT_SECRET
    ) -> None:
        self.world = world
        self.api = world.client(client_id, secret, "v2beta1")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.api.close()

    def get(self, path: str) -> Any:
        """The data of a successful answer."""
        return checked(self.api.get(path), 200)

    def post(self, path: str, body: object = None, status: int = 202) -> Any:
        """The data of a successful answer; without a body its length is 0."""
        return checked(self.api.post(path, json=body), status)

    def patch(self, path: str, body: object, status: int = 202) -> Any:
        return checked(self.api.patch(path, json=body), status)

    def create(self, tier: str = "professional", **fields: Any) -> str:
        """An instance that runs and whose first snapshot is complete."""
        made = self.post(INSTANCES, wanted(tier, **fields))["id"]
        self.world.wait(2 * OPERATION_SECONDS)
        return str(made)

    def database(self, instance: str) -> str:
        """The path of the instance's database."""
        [found] = self.get(f"{INSTANCES}/{instance}/databases")
        return f"{INSTANCES}/{instance}/databases/{found['id']}"


def wanted(tier: str = "professional", **fields: Any) -> dict[str, Any]:
    """A create request; fields given as None are left out."""
    body = {
        "name": "Instance01",
        "type": tier,
        "region": "europe-west1",
        "cloud_provider": "gcp",
        "memory": None if tier == "free" else "8GB",
        **fields,
    }
    return {key: value for key, value in body.items() if value is not None}


def bare(answer: httpx.Response) -> tuple[int, str]:
    """Status and reason of an error in the bare shape."""
    body = answer.json()
    assert set(body) == {"message", "reason"}, answer.text
    return answer.status_code, body["reason"]


def wrong_fields(answer: httpx.Response) -> list[str]:
    """The fields named by a validation error."""
    body = answer.json()
    assert answer.status_code == 400, answer.text
    assert set(body) == {"errors", "message", "reason"}
    assert body["reason"] == "validation-error"
    return sorted(body["errors"])
