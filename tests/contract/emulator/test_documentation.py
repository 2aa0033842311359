"""The reference pages say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from aura_emulator.cli import _parser
from aura_emulator.control_plane.errors import UNCONFIRMED
from aura_emulator.faults.rules import KINDS
from aura_emulator.routes import control, control_faults, control_objects, v2beta1
from aura_emulator.routes.v2beta1.wire import PROJECTS
from aura_emulator.switches import Switches
from contract.emulator import deviations

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
PAGE = (REFERENCE / "emulator.md").read_text()
DEVIATIONS = (REFERENCE / "emulator-deviations.md").read_text()


def between(page: str, mark: str) -> str:
    found = re.search(f"<!-- {mark} -->\n(.*)<!-- /{mark} -->", page, re.DOTALL)
    assert found is not None
    return found[1]


def switches() -> str:
    lines = ["| Switch | Default | Choices | Why |", "|---|---|---|---|"]
    for name, default, choices, why in Switches.describe():
        several = ", ".join(f"`{choice}`" for choice in choices)
        lines.append(f"| `{name}` | `{default}` | {several} | {why} |")
    return "\n".join(lines) + "\n"


def test_the_tables_of_deviations_are_those_of_the_tests() -> None:
    """Rendered from the same Python tables."""
    v1, beta = deviations.DEVIATIONS, deviations.BETA_DEVIATIONS
    assert between(DEVIATIONS, "deviations") == deviations.render(v1)
    assert between(DEVIATIONS, "v2beta1-deviations") == deviations.render(beta)


def test_the_table_of_switches_is_the_one_of_the_code() -> None:
    """Names, defaults, choices and reasons."""
    assert between(PAGE, "switches") == switches()


def test_every_fault_and_unconfirmed_reason_is_named() -> None:
    """What can go wrong, and what is made up."""
    for name in (*KINDS, *UNCONFIRMED):
        assert f"`{name}`" in PAGE, name


def test_every_control_path_is_documented() -> None:
    """With its method."""
    for route in [*control.ROUTES, *control_faults.ROUTES, *control_objects.ROUTES]:
        path = route.path.replace("{id:int}", "{id}")
        for method in (route.methods or set()) - {"HEAD"}:
            assert f"`{method} {path}`" in PAGE, (method, path)


def test_every_path_of_v2beta1_is_documented() -> None:
    """With its method, from the project on."""
    for route in v2beta1.ROUTES:
        path = route.path.replace(PROJECTS + "/{project_id}", "…")
        path = re.sub(r"\{(\w+)_id\}", r"{\1}", path)
        for method in (route.methods or set()) - {"HEAD"}:
            assert f"`{method} {path}`" in PAGE, (method, path)


def test_every_option_is_documented() -> None:
    """Of the command line."""
    for action in _parser()._actions:
        option = action.option_strings[-1]
        assert option == "--help" or f"`{option}" in PAGE, option
