#!/bin/sh
# Computes constraints/*.txt from pyproject.toml and constraints/*.in (`make lock`).
# Pins that still fit are kept; UPGRADE=1 takes the newest versions instead. Needs the network.
set -eu
cd "$(dirname "$0")/.."

uv=${UV:-$(command -v uv || true)}
if [ -z "$uv" ]; then
    echo "lock: no uv on PATH, installing one into build/lock" >&2
    "${PYTHON:-python3}" -m venv build/lock
    build/lock/bin/python -m pip install --quiet uv==0.13.9
    uv=build/lock/bin/uv
fi

# No header and no annotations: they would name this machine's folders. No index addresses: the
# pins hold for any mirror, because the hashes decide what is accepted.
compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links ${UPGRADE:+--upgrade} "$@"
}

compile --all-extras --generate-hashes --override constraints/overrides.txt \
    pyproject.toml constraints/tools.in --output-file constraints/all.txt
# From scratch, so that it cannot keep a version that all.txt has left behind.
rm -f constraints/runtime.txt
compile --extra emulator --constraints constraints/all.txt \
    pyproject.toml --output-file constraints/runtime.txt
compile --generate-hashes --constraints constraints/all.txt \
    constraints/mutation.in --output-file constraints/mutation.txt
"${PYTHON:-python3}" tools/check_pins.py
