"""Sources as users write them, and what becomes of them on the way to the provider."""

import pulumi
import pytest

from pulumi_neo4j_aura import (
    ExportTarget,
    Instance,
    Newest,
    from_export,
    from_instance,
    from_snapshot,
)
from pulumi_neo4j_aura.resources.core.inputs import Source
from unit.resources.registrations import MINIMAL, REQUEST, run


def of_resource(text):
    """An id as another resource's output has it."""
    return pulumi.Output.from_input(text)


def property_of(source):
    """The input `source` of the request, as the engine gets it."""
    registered = run(lambda _: Instance("main", **MINIMAL, source=source()) and None)
    return registered.of(REQUEST).inputs["source"]


def test_a_snapshot_by_its_id():
    """Both ids stand in the program: editing them is a decision."""
    assert property_of(lambda: from_snapshot("0badcafe", "snap-1")) == {
        "kind": "snapshot",
        "instance_id": "0badcafe",
        "snapshot_id": "snap-1",
        "explicit": True,
    }


def test_the_newest_snapshot():
    """Without an id, and with what "newest" means."""
    assert property_of(lambda: from_snapshot("0badcafe")) == {
        "kind": "snapshot",
        "instance_id": "0badcafe",
        "newest": {"exportable": True},
        "explicit": True,
    }


def test_the_newest_snapshot_with_conditions():
    """Only those that are given."""
    newest = Newest(before="2026-11-22T12:00:00+00:00", max_age="2d")
    found = property_of(lambda: from_snapshot("0badcafe", newest=newest))
    assert found["newest"] == {
        "exportable": True,
        "before": "2026-11-22T12:00:00+00:00",
        "max_age": "2d",
    }


def test_an_instance():
    """Its current data."""
    assert property_of(lambda: from_instance("0badcafe")) == {
        "kind": "instance",
        "instance_id": "0badcafe",
        "explicit": True,
    }


def test_an_export_by_its_id():
    """In a vault whose URL stands in the program."""
    assert property_of(lambda: from_export("/vault", "0badcafe-snap-1")) == {
        "kind": "export",
        "target": "/vault",
        "export_id": "0badcafe-snap-1",
        "explicit": True,
    }


def test_the_newest_export_in_a_target():
    """Of one instance; the target's URL is known once its place is a vault."""
    found = property_of(
        lambda: from_export(ExportTarget("t", url="/vault"), instance_id="0badcafe")
    )
    assert found == {
        "kind": "export",
        "target": "/vault",
        "instance_id": "0badcafe",
        "explicit": True,
    }


def test_an_export_of_a_resource_is_not_explicit():
    """It changes by itself when that resource makes another one."""
    assert not property_of(lambda: from_export("/vault", of_resource("snap-1")))["explicit"]


@pytest.mark.parametrize(
    "source",
    [
        lambda: from_snapshot(of_resource("0badcafe"), "snap-1"),
        lambda: from_snapshot("0badcafe", of_resource("snap-1")),
        lambda: from_snapshot(of_resource("0badcafe"), of_resource("snap-1")),
        lambda: from_snapshot(of_resource("0badcafe")),
        lambda: from_instance(of_resource("0badcafe")),
    ],
)
def test_an_id_of_another_resource_is_not_explicit(source):
    """It changes by itself when that resource is replaced."""
    found = property_of(source)
    assert found["explicit"] is False
    assert found["instance_id"] == "0badcafe"


@pytest.mark.parametrize(
    "source",
    [
        lambda: from_snapshot("0badcafe", "snap-1"),
        lambda: from_snapshot("0badcafe", newest=Newest(max_age="2d")),
        lambda: from_instance(of_resource("0badcafe")),
        lambda: from_export("/vault", of_resource("0badcafe-snap-1")),
        lambda: from_export("/vault", instance_id="0badcafe"),
    ],
)
def test_the_provider_understands_every_source(source):
    """The same fields on both sides of the wire."""
    Source.model_validate(property_of(source))


def test_a_source_can_be_used_for_several_instances():
    """Its property is made anew each time."""
    source = from_snapshot("0badcafe")
    assert source.to_input() == source.to_input()
    assert source.to_input() is not source.to_input()
