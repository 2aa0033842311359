"""The narrow seam to whatever library speaks HTTP: one protocol, one answer, two ways to fail.

Nothing here names a vendor, so that the library behind it can be swapped in one module.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class NotSent(Exception):
    """The request provably never reached the server: no connection, no name, no TLS session."""


class NoAnswer(Exception):
    """The request may have reached the server, and no whole answer came back."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a server answered. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Not in the repr: it may hold a token or an instance's only copy of its password.
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str:
        """The header's value, or empty."""
        return self.headers.get(name.lower(), "")

    @property
    def ok(self) -> bool:
        """Whether the status says success (2xx); the body may still be unusable."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the range of HTTP's success codes


class HttpSender(Protocol):
    """Sends one request once. Thread-safe; follows no redirect and retries nothing by itself."""

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        auth: tuple[str, str] | None = None,
    ) -> HttpAnswer:
        """Send it and return the whole answer, whatever its status.

        Args:
            method: HTTP method in capitals.
            url: absolute, without a query.
            headers: sent as they are.
            params: the query; encoded here.
            content: the body.
            auth: user and password for HTTP Basic.

        Raises:
            NotSent: the server cannot have seen the request.
            NoAnswer: it may have, and there is no whole answer. Neither exception may carry the
                request, because that holds the credential.
        """
        ...

    def close(self) -> None:
        """Close connections; further calls are an error."""
        ...
