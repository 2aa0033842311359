"""The program that adopts what exists."""

import ast

from pulumi_neo4j_aura.domain.instance import Instance
from pulumi_neo4j_aura.reporting import programs


def instance(name="orders", instance_id="ab12cd34", **more):
    values = {
        "status": "running",
        "project_id": "p1",
        "cloud_provider": "gcp",
        "region": "europe-west1",
        "type": "professional-db",
        "memory": "8GB",
        **more,
    }
    return Instance(id=instance_id, name=name, **values)


def calls(text):
    """What the program would call: kind, name and keywords, in order."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if getattr(node.func.value, "id", "") == "aura":
            words = {each.arg: ast.literal_eval(each.value) for each in node.keywords}
            found.append((node.func.attr, ast.literal_eval(node.args[0]), words))
    return found


def test_each_instance_is_adopted_as_it_is():
    """Nothing that Aura said is left out, and nothing is made up."""
    text = programs.adopting([instance(vector_optimized=True, secondaries_count=2)])
    assert calls(text) == [
        (
            "Instance",
            "orders",
            {
                "project_id": "p1",
                "name": "orders",
                "cloud_provider": "gcp",
                "region": "europe-west1",
                "type": "professional-db",
                "memory": "8GB",
                "vector_optimized": True,
                "secondaries_count": 2,
                "adopt_instance_id": "ab12cd34",
            },
        )
    ]


def test_names_that_are_no_variables_become_ones_and_never_meet():
    """Whatever an instance is called, the program can be read by Python."""
    names = ["a b", "a-b", "1st", "class", "Größe", "'; import os #", "pulumi", ""]
    found = [instance(name, f"id{number}") for number, name in enumerate(names)]
    text = programs.adopting(found)
    made = calls(text)
    assert sorted(words["name"] for _, _, words in made) == sorted(names)
    assert len({name for _, name, _ in made}) == len(names)


def test_the_vault_and_its_policies_come_with_it():
    """A lost state is more than instances."""
    text = programs.adopting([], "s3://acme/aura", [{"name": "production", "mode": "enforce"}])
    assert calls(text) == [
        ("ExportTarget", "vault", {"url": "s3://acme/aura"}),
        ("BackupPolicy", "production", {"document": {"name": "production", "mode": "enforce"}}),
    ]


def test_the_same_world_gives_the_same_program():
    """The order in which Aura lists things does not matter."""
    one, two = instance("a", "id1"), instance("b", "id2")
    assert programs.adopting([one, two]) == programs.adopting([two, one])
