"""Pulumi stacks for the benchmarks: a program of many instances, the real engine, an emulator."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from support.emulator import PRODUCTION_PROJECT_ID, EmulatorProcess
from support.engine import PulumiProject

PROGRAM = """\
import os
import pulumi_neo4j_aura as aura

for number in range(int(os.environ["BENCH_INSTANCES"])):
    aura.Instance(
        f"orders-{number:03}",
        name=f"orders-{number:03}",
        cloud_provider="gcp",
        region="europe-west1",
        type="professional-db",
        memory="2GB",
        deletion_protection=False,
    )
"""


@contextlib.contextmanager
def stack(emulator: EmulatorProcess, instances: int, **environment: str) -> Iterator[PulumiProject]:
    """A new stack of so many instances, nothing created yet; gone after the block.

    The client's rate budget is as good as off, since the emulator has no limit here.
    """
    with tempfile.TemporaryDirectory(prefix="bench-stack-") as folder:
        project = PulumiProject(
            Path(folder),
            PROGRAM,
            env={
                "AURA_API_URL": emulator.url,
                "AURA_CLIENT_ID": emulator.client_id,
                "AURA_CLIENT_SECRET": emulator.client_secret,
                "AURA_PROJECT_ID": PRODUCTION_PROJECT_ID,
                "AURA_CALLS_PER_MINUTE": "100000",
                "BENCH_INSTANCES": str(instances),
                "XDG_STATE_HOME": f"{folder}/journal",
                **environment,
            },
        )
        project.init()
        yield project
