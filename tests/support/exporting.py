"""An export in a process of its own, to be killed: `exporting VAULT INSTANCE SNAPSHOT`.

Before each change of the vault it says so and waits for a moment.
"""

import sys
import time
from typing import Any

from pulumi_neo4j_aura import bootstrap, settings
from pulumi_neo4j_aura.execution.exports import choice, making
from pulumi_neo4j_aura.execution.progress import Silent
from pulumi_neo4j_aura.vault.store import open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.shop import PART_BYTES
from support.stores import Recording

CHANGING = ("upload", "create", "put", "delete")
#: Long enough to be killed in; what is killed was in mid-change.
SECONDS = 0.3


class Telling(Recording):
    """Says each change on standard output, one line before it happens."""

    def answer(self, method: Any, *args: Any, **options: Any) -> Any:
        if self.calls[-1][0] in CHANGING:
            print(*self.calls[-1], flush=True)  # noqa: T201 - whoever kills reads it
            time.sleep(SECONDS)
        return method(*args, **options)


def main(url: str, instance_id: str, snapshot_id: str) -> None:
    """Export in small parts."""
    services = bootstrap.services(settings.load(), lambda _line: None, lambda _line: None)
    store: Any = Telling(open_store(url))
    request = choice.Request(instance_id, snapshot_id, part_bytes=PART_BYTES)
    making.export(services, request, Vault(store), Silent())


if __name__ == "__main__":
    main(*sys.argv[1:])
