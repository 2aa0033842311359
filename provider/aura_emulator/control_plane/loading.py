"""Loading a dump into an instance, as Aura's console and `neo4j-admin database upload` do.

The state is `loading`, then `running` or `loading failed` (states of the official v1 document). The
v1 API has no call for it, so it is reached by the control API.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from aura_emulator.control_plane import lifecycle
from aura_emulator.control_plane.aura import new_uuid
from aura_emulator.control_plane.sizes import GIGABYTE
from aura_emulator.control_plane.tiers import TIERS
from aura_emulator.data_plane.interface import Limits, Work, WorkKind

if TYPE_CHECKING:
    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.model import Instance
    from aura_emulator.control_plane.requests import Body

#: How dumps begin: Neo4j 5 with zstd or gzip, and Neo4j 4.x, which is a bare zstd stream.
DUMP_BEGINNINGS: Final = (b"DZV1", b"DGV1", b"\x28\xb5\x2f\xfd")


def load_dump(aura: Aura, instance: Instance, body: Body) -> Instance:
    """Replace an instance's data by that of a dump; what is no dump at all is refused at once."""
    text = body.text("dump")
    body.check()
    file = Path(str(text))
    problem = _problem(file)
    if problem is not None:
        body.wrong(f"{file} {problem}", "dump")
        body.check()
    tier = TIERS[instance.type]
    limits = Limits(instance.storage * GIGABYTE, tier.max_nodes, tier.max_relationships)
    work = Work(new_uuid(), instance.id, WorkKind.LOAD, dump=str(file), limits=limits)
    return lifecycle.begin(aura, instance, "load", work=work)


def _problem(file: Path) -> str | None:
    if not file.is_absolute():
        return "is no absolute path"
    try:
        with file.open("rb") as opened:
            beginning = opened.read(4)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None if beginning in DUMP_BEGINNINGS else "is no Neo4j dump"
