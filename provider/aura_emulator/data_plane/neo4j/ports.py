"""Ports that stay an instance's own, also while its server is down.

An instance keeps its address over a pause, an overwrite and a restart of the emulator, so its port
is held by a socket that is bound and never listens. Java sets SO_REUSEADDR on the sockets it
listens on, as this does, so the server can bind beside it while every other program is refused.
"""

from __future__ import annotations

import random
import socket
from typing import Final

HOST: Final = "127.0.0.1"
#: Below the range that systems give to outgoing connections.
FIRST: Final = 20_000
LAST: Final = 29_999
_ATTEMPTS: Final = 1_000


class NoPortError(Exception):
    """A port cannot be had; the message is a sentence."""


class Reservation:
    """One port, held until `release`."""

    def __init__(self, held: socket.socket) -> None:
        self._held = held
        self.port = int(held.getsockname()[1])

    def release(self) -> None:
        """Let others have it."""
        self._held.close()


def reserve() -> Reservation:
    """Any free port of ours."""
    for _ in range(_ATTEMPTS):
        port = random.randint(FIRST, LAST)  # noqa: S311 - not a secret
        if _free(port):
            try:
                return reserve_again(port)
            except NoPortError:
                continue  # somebody was quicker
    raise NoPortError(f"No free port between {FIRST} and {LAST}")


def reserve_again(port: int) -> Reservation:
    """This port and no other: an instance's address does not change.

    Raises:
        NoPortError: something listens there.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((HOST, port))
    except OSError as error:
        held.close()
        raise NoPortError(f"Port {port} is taken by another program ({error.strerror})") from error
    return Reservation(held)


def _free(port: int) -> bool:
    """Whether nobody has it, not even another emulator that merely holds it."""
    with socket.socket() as strict:  # without SO_REUSEADDR, so that a held port is refused too
        try:
            strict.bind((HOST, port))
        except OSError:
            return False
        return True
