"""A starlette application that always answers the same JSON: what the emulator is compared with.

Prints its address when it is ready. The server's settings are the emulator's.
"""

from __future__ import annotations

import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

ANSWER = {
    "data": {
        "id": "0a1b2c3d",
        "name": "orders",
        "status": "running",
        "tenant_id": "a0000000-0000-4000-8000-000000000001",
        "cloud_provider": "gcp",
        "connection_url": "neo4j+s://0a1b2c3d.databases.neo4j.io",
        "metrics_integration_url": None,
        "region": "europe-west1",
        "type": "professional-db",
        "memory": "2GB",
        "storage": "4GB",
        "created_at": "2026-11-22T12:00:00Z",
        "vector_optimized": False,
        "graph_analytics_plugin": False,
    }
}


async def answer(_request: Request) -> JSONResponse:
    """Always the same."""
    return JSONResponse(ANSWER)


class _Server(uvicorn.Server):
    """Says where it is as soon as it can be reached."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        assert sockets
        host, port = sockets[0].getsockname()
        sys.stdout.write(f"http://{host}:{port}\n")
        sys.stdout.flush()


def main() -> None:
    """Serve on a free port until terminated."""
    app = Starlette(routes=[Route("/v1/instances/{id}", answer)])
    config = uvicorn.Config(
        app, lifespan="off", ws="none", log_config=None, log_level="critical",
        access_log=False, proxy_headers=False, server_header=False, timeout_keep_alive=75,
    )  # fmt: skip
    # With the protocol named, asyncio switches Nagle's algorithm off; else each answer takes 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        _Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
