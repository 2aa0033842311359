"""Writes the data of a snapshot as a Neo4j dump, which is what Aura's console exports."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from aura_emulator.data_plane.interface import NoDatabaseError
from aura_emulator.data_plane.neo4j.admin import Admin, AdminError
from aura_emulator.data_plane.neo4j.copying import copy_store
from aura_emulator.data_plane.neo4j.home import Home
from aura_emulator.data_plane.neo4j.ports import NoPortError, reserve
from aura_emulator.data_plane.neo4j.server import Server, ServerError

if TYPE_CHECKING:
    from pathlib import Path

    from aura_emulator.data_plane.neo4j.database import Surroundings


def write_dump(place: Path, data: Path, to: Path, around: Surroundings) -> None:
    """Dump the database below `data`, in a throwaway home below `place`.

    A snapshot is what a power cut would leave, and a dump needs a store that was closed in order:
    a server opens it first, which recovers it.

    Raises:
        NoDatabaseError: it cannot be opened or dumped; the message has Neo4j's words.
    """
    home = Home(place / "home")
    copy_store(data, home.data)
    try:
        reservation = reserve()
    except NoPortError as error:
        raise NoDatabaseError(f"The snapshot cannot be dumped: {error}") from error
    server = Server(around.installation, home, reservation.port, around.sizes)
    try:
        with around.starting:
            server.start(around.closing.is_set)
            server.stop()
        made = Admin(around.installation, home, around.closing.is_set).dump(place / "out")
    except (ServerError, AdminError) as error:
        raise NoDatabaseError(f"The snapshot cannot be dumped: {error}") from error
    finally:
        server.kill()
        reservation.release()
    _put(made, to)


def _put(made: Path, to: Path) -> None:
    """Move a file, perhaps to another disk; it appears under its name only when it is whole."""
    partial = to.with_name(to.name + ".part")
    try:
        shutil.move(made, partial)
        partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)
