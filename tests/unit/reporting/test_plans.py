"""A plan for people and for programs, with golden files.

Write them anew with REGOLDEN=1, and read what changed.
"""

import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from pulumi_neo4j_aura.errors import Permanent
from pulumi_neo4j_aura.planning import checksum
from pulumi_neo4j_aura.planning.plan import ExportSnapshot, Finding, Plan, Severity
from pulumi_neo4j_aura.reporting import plan_reading, plans
from support.plan_cases import CASES
from support.planning import NOW

GOLDEN = Path(__file__).parents[2] / "golden" / "plans"


def as_table(plan):
    page = io.StringIO()
    Console(file=page, width=100, color_system=None).print(plans.table(plan))
    lines = page.getvalue().splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def as_json(plan):
    return json.dumps(plans.to_json(plan), indent=1, ensure_ascii=False) + "\n"


FORMS = {"json": as_json, "md": plans.markdown, "txt": as_table}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CASES)
def test_a_plan_is_the_one_that_was_read_and_approved(name, form):
    """Every action, refusal, finding and reason, as in its golden file."""
    path = GOLDEN / f"{name}.{form}"
    text = FORMS[form](CASES[name].plan)
    if os.environ.get("REGOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


def test_every_golden_file_has_its_case():
    """A case that was renamed or dropped leaves no file behind."""
    assert {path.name for path in GOLDEN.iterdir()} == {
        f"{name}.{form}" for name in CASES for form in FORMS
    }


def test_what_is_done_is_named_for_people():
    """A clone is billed; what is exported may be no snapshot at all."""
    (taken,) = (each for each in CASES["busy"].plan.actions if isinstance(each, ExportSnapshot))
    assert plans.object_of(taken) == "chosen"
    assert plans.price_of(taken) == "a clone of 8 GB while it lasts"
    live = replace(taken, snapshot_id="", method="live", gigabytes=None)
    assert (plans.object_of(live), plans.price_of(live)) == ("the running instance", "")
    assert plans.object_of(replace(taken, snapshot_id="", take=True)) == "a new snapshot"


def test_every_form_names_the_checksum_of_what_would_be_done():
    """It is what a person approves of."""
    plan = CASES["busy"].plan
    told = checksum.of(plan)
    assert all(told in form(plan) for form in FORMS.values())


def test_no_text_of_others_becomes_markup():
    """A message of Aura or a name may hold anything."""
    nasty = "[bold]x[/] | `y` <z>\n# title \\"
    plan = Plan(NOW, findings=(Finding("a-code", Severity.INFO, nasty, instance_name=nasty),))
    assert "[bold]x[/] | `y` <z>" in as_table(plan)
    lines = plans.markdown(plan).splitlines()
    assert lines[-1].startswith("- **info** \\[bold\\]x\\[/\\] \\| \\`y\\` \\<z\\>")
    assert not any(line.startswith("# ") for line in lines)


# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_a_plan_that_was_written_reads_as_the_same_plan(name):
    """Through JSON text and back; fields of a later version are passed over."""
    plan = CASES[name].plan
    document = json.loads(as_json(plan))
    document["later"] = 1
    for each in [*document["actions"], *document["kept"]]:
        each["later"] = 1
    assert plan_reading.from_json(document) == plan


@pytest.mark.parametrize(
    "change",
    [
        {"format": "aura-backup/plan/2"},
        {"at": "soon"},
        {"actions": [{"action": "explode"}]},
        {"actions": [{"action": "prune"}]},
        {"actions": None},
        {"refused": [7]},
        {"policies": ["x"]},
    ],
)
def test_what_is_no_plan_is_said_to_be_none(change):
    """With the way to one that is."""
    document = {**plans.to_json(CASES["busy"].plan), **change}
    with pytest.raises(Permanent, match=r"no plan.*plan --out"):
        plan_reading.from_json(document)


def test_differences_are_told_in_half_a_sentence():
    """A few of them; the others are counted."""
    plan = CASES["busy"].plan
    last = plan.actions[-1]
    fewer = replace(plan, actions=(last,), policies=(("production", "other"),))
    told = plans.told(checksum.differences(plan, fewer))
    assert told.startswith(": policy production has changed, ")
    assert "is no longer there" in told
    assert plans.told(checksum.differences(replace(plan, actions=()), fewer)).endswith("is new")
    assert plans.told(()) == ""
    many = CASES["over-budget"].plan
    told = plans.told(checksum.differences(many, replace(many, refused=())))
    assert told.endswith("and 24 more")
