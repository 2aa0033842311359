"""All figures, measured anew and printed as one table; see docs/reference/benchmarks.md.

    python tests/bench/run.py                 everything: some minutes
    python tests/bench/run.py --only waits    one figure
    python tests/bench/run.py --json FILE     also as JSON

A missed target is shown and is no error: the exit code is 1 only when a measurement broke.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from bench import (  # noqa: E402 - needs the path
    comparing,
    databases,
    engine,
    exports,
    figures,
    fingerprints,
    fleet,
    imports,
    journal,
    parallel,
    planning,
    reading,
    reconciling,
    serving,
    waits,
)
from bench.figures import Figure  # noqa: E402

MEASUREMENTS: Mapping[str, Callable[[], Iterator[Figure]]] = {
    module.NAME: module.measure
    for module in (
        waits,
        engine,
        parallel,
        serving,
        fleet,
        databases,
        journal,
        reading,
        imports,
        fingerprints,
        exports,
        planning,
        reconciling,
        comparing,
    )
}


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=tuple(MEASUREMENTS), help="run this one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args(argv)


def _measure(names: Iterable[str], broken: list[str]) -> Iterator[Figure]:
    """The figures of each measurement; one that breaks is reported and the next one goes on."""
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        began = time.monotonic()
        try:
            yield from MEASUREMENTS[name]()
        except Exception:  # noqa: BLE001 - the others are worth having all the same
            broken.append(name)
            traceback.print_exc()
        print(f"  {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def main(argv: list[str]) -> int:
    """Measure, print, and say whether something broke."""
    options = _parse(argv)
    facts = figures.machine()
    broken: list[str] = []
    found = list(_measure([options.only] if options.only else MEASUREMENTS, broken))
    print(", ".join(f"{name}: {value}" for name, value in facts.items()), end="\n\n")
    print(figures.table(found))
    if options.json:
        options.json.write_text(figures.document(facts, found))
    if broken:
        print(f"\nbroken, see above: {', '.join(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
