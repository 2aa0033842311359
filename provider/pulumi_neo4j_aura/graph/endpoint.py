"""Where a database answers, as its URL says, and who logs in there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

from pulumi_neo4j_aura.errors import Permanent

_PORT: Final = 7687
_SCHEMES: Final = frozenset(
    scheme + security for scheme in ("bolt", "neo4j") for security in ("", "+s", "+ssc")
)
_WAY_OUT: Final = "Use the connection URL as Aura shows it: neo4j+s://<id>.databases.neo4j.io"


@dataclass(frozen=True, slots=True)
class Login:
    """A user of the database. The password is in no representation."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server's address and how to talk to it.

    Attributes:
        host: name or address, without brackets.
        port: TCP port.
        encrypted: speak TLS.
        verify: the certificate must be valid for `host` by the machine's own list of authorities.
        routed: the scheme was `neo4j`, so the server may hand a query on to the member of its
            cluster that can answer it.
    """

    host: str
    port: int
    encrypted: bool
    verify: bool
    routed: bool = False

    @classmethod
    def parse(cls, url: str) -> Self:
        """The endpoint that a `neo4j` or `bolt` URL names, with or without `+s` and `+ssc`.

        Raises:
            Permanent: it is no such URL, or it says something that would be ignored.
        """
        try:
            parts = urlsplit(url.strip())
            port = parts.port
        except ValueError as error:
            raise Permanent(
                f"A connection URL cannot be read: {error}.", way_out=_WAY_OUT
            ) from error
        _require_plain(parts)
        scheme, _, security = parts.scheme.partition("+")
        return cls(
            host=parts.hostname or "",
            port=_PORT if port is None else port,
            encrypted=security != "",
            verify=security == "s",
            routed=scheme == "neo4j",
        )

    @property
    def address(self) -> str:
        """`host:port`, for people and for the server."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL again, for Neo4j's driver."""
        security = ("+s" if self.verify else "+ssc") if self.encrypted else ""
        return f"{'neo4j' if self.routed else 'bolt'}{security}://{self.address}"


def _require_plain(parts: SplitResult) -> None:
    """Refuse what is no address; what may be a password is not repeated."""
    problem = None
    if parts.scheme not in _SCHEMES:
        problem = f"has the scheme {parts.scheme!r}" if parts.scheme else "has no scheme"
    elif parts.username is not None or parts.password is not None:
        problem = "has a user or a password in it, which would end up in logs"
    elif not parts.hostname:
        problem = "names no host"
    elif parts.path.strip("/") or parts.query or parts.fragment:
        problem = "has something behind the port, which a single database does not need"
    if problem:
        named = f" of {parts.hostname}" if parts.hostname else ""
        raise Permanent(f"The connection URL{named} {problem}.", way_out=_WAY_OUT)
