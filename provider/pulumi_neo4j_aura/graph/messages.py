"""The requests of Bolt that are used here, ready to be sent; and the tags of the answers."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Final

from pulumi_neo4j_aura.domain.packstream import Value, encode
from pulumi_neo4j_aura.graph.endpoint import Endpoint, Login
from pulumi_neo4j_aura.graph.handshake import Version

SUCCESS: Final = 0x70
IGNORED: Final = 0x7E
FAILURE: Final = 0x7F

RESET: Final = b"\xb0\x0f"
GOODBYE: Final = b"\xb0\x02"
_HELLO: Final = b"\xb1\x01"
_LOGON: Final = b"\xb1\x6a"
_RUN: Final = b"\xb3\x10"
_PULL: Final = b"\xb1\x3f"

#: From here on the password has a message of its own, and HELLO says which library sends it.
_LOGON_SINCE: Final = (5, 1)
_PRODUCT: Final = "pulumi-neo4j-aura"

_EVERYTHING: Final = -1


def introduction(
    endpoint: Endpoint, login: Login, version: Version, user_agent: str
) -> tuple[bytes, ...]:
    """HELLO and, where the version has it, LOGON."""
    token: dict[str, Value] = {
        "scheme": "basic",
        "principal": login.username,
        "credentials": login.password,
    }
    hello: dict[str, Value] = {
        "user_agent": user_agent,
        "bolt_agent": {
            "product": _PRODUCT,
            "platform": f"{platform.system()} {platform.machine()}",
            "language": f"Python/{platform.python_version()}",
        },
    }
    if endpoint.routed:
        hello["routing"] = {"address": endpoint.address}
    if version < _LOGON_SINCE:
        return (_HELLO + encode(hello | token),)
    return _HELLO + encode(hello), _LOGON + encode(token)


def run(query: str, parameters: Mapping[str, Value], *, write: bool) -> bytes:
    """RUN in a transaction of its own."""
    extra: dict[str, Value] = {} if write else {"mode": "r"}
    return _RUN + encode(query) + encode(dict(parameters)) + encode(extra)


def pull(rows: int = _EVERYTHING) -> bytes:
    """PULL so many rows of the latest query."""
    return _PULL + encode({"n": rows})
