"""An emulator in this process with a clock that stands still, and what tests do with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx

from aura_emulator.server import create_app
from aura_emulator.settings import Settings
from aura_emulator.switches import Switches
from support.emulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    PRODUCTION_PROJECT_ID,
    EmulatorControl,
)

if TYPE_CHECKING:
    from pathlib import Path

    from aura_emulator.data_plane.interface import DataPlane

URL = "http://emulator"
OPERATION_SECONDS = 10
START = "2026-03-02T12:00:00Z"
TODAY = "2026-03-02"
SIZES = {"free-db": "1GB"}


class AppTransport(httpx.BaseTransport):
    """Lets a plain httpx client talk to an ASGI application, one request at a time."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app)
        self._runner = asyncio.Runner()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._runner.run(self._handle(request))

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        return httpx.Response(
            answer.status_code, headers=answer.headers, content=await answer.aread()
        )

    def close(self) -> None:
        self._runner.close()


class World:
    """One emulator. Time stands at `START` and passes only by `wait`."""

    def __init__(
        self, state: Path | None = None, data_plane: DataPlane | None = None, **switches: Any
    ) -> None:
        values = {"operation_seconds": OPERATION_SECONDS, "rate_limit": 0, **switches}
        settings = Settings(state=state, switches=Switches(**values))
        self.app = create_app(settings, data_plane)
        transport = AppTransport(self.app)
        self.http = httpx.Client(base_url=URL, transport=transport)
        self.control = EmulatorControl(URL, transport)
        self.api = self.client()
        if not self.control.instances():  # of an earlier World with the same state
            self.control.set_clock(START)
        self.control.freeze_clock()

    def close(self) -> None:
        self.http.close()
        self.api.close()
        self.control.close()
        self.app.state.aura.store.close()

    def token(self, client_id: str = CLIENT_ID, secret: str = CLIENT_SECRET) -> str:
        answer = self.http.post(
            "/oauth/token", auth=(client_id, secret), data={"grant_type": "client_credentials"}
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def client(
        self, client_id: str = CLIENT_ID, secret: str = CLIENT_SECRET, version: str = "v1"
    ) -> httpx.Client:
        """A client of one API version with a token and the JSON content type."""
        headers = {
            "Authorization": f"Bearer {self.token(client_id, secret)}",
            "Content-Type": "application/json",
        }
        transport = AppTransport(self.app)
        return httpx.Client(base_url=f"{URL}/{version}", headers=headers, transport=transport)

    # time

    def wait(
        self, seconds: float = OPERATION_SECONDS, *, hours: float = 0, days: float = 0
    ) -> None:
        self.control.advance_clock(seconds if not hours + days else 0, hours=hours, days=days)

    # the API

    def get(self, path: str) -> Any:
        """The data of a successful answer."""
        return checked(self.api.get(path), 200)

    def post(self, path: str, body: object = None, status: int = 202) -> Any:
        return checked(self.api.post(path, json=body), status)

    def patch(self, path: str, body: object, status: int = 202) -> Any:
        return checked(self.api.patch(path, json=body), status)

    def status(self, instance_id: str) -> str:
        return str(self.get(f"/instances/{instance_id}")["status"])

    def create(self, tier: str = "professional-db", *, settle: bool = True, **fields: Any) -> str:
        """An instance; unless told otherwise it runs, and its first snapshot is complete."""
        answer = self.api.post("/instances", json=wanted(tier, **fields))
        assert answer.status_code == 202, answer.text
        if settle:
            self.wait()
            self.wait()
        return str(answer.json()["data"]["id"])

    def take(self, instance_id: str, *, settle: bool = True) -> str:
        """An on-demand snapshot; unless told otherwise it is complete."""
        taken = self.post(f"/instances/{instance_id}/snapshots", {})["snapshot_id"]
        if settle:
            self.wait()
        return str(taken)

    def snapshots(self, instance_id: str, day: str | None = None) -> list[dict[str, Any]]:
        query = "" if day is None else f"?date={day}"
        found = self.get(f"/instances/{instance_id}/snapshots{query}")
        assert isinstance(found, list)
        return found


def wanted(tier: str = "professional-db", **fields: Any) -> dict[str, Any]:
    """A create request; fields given as None are left out."""
    body = {
        "version": "5",
        "region": "europe-west1",
        "memory": SIZES.get(tier, "8GB"),
        "name": "Instance01",
        "type": tier,
        "tenant_id": PRODUCTION_PROJECT_ID,
        "cloud_provider": "gcp",
        **fields,
    }
    return {key: value for key, value in body.items() if value is not None}


def checked(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    return answer.json()["data"]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and reason of an error of the API."""
    return answer.status_code, answer.json()["errors"][0]["reason"]


def message(answer: httpx.Response) -> str:
    return str(answer.json()["errors"][0]["message"])
