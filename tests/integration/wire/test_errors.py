"""What `pulumi up` prints when something fails: one paragraph, no traceback, no secret."""

import re
from typing import Any

import pytest

from pulumi_neo4j_aura.resources.providers import (
    InstanceReadinessProvider,
    InstanceRequestProvider,
    SnapshotProvider,
)
from support.emulator import CLIENT_SECRET
from support.resources import instance_inputs
from support.wire import CallFailed, running_plugin


def error_of(call, *arguments):
    with pytest.raises(CallFailed) as caught:
        call(*arguments)
    return str(caught.value).strip()


def test_a_refusal_is_one_paragraph(plugin, declared):
    """`Refused: …`: the class says what happens next, and nothing stands around it."""
    request = plugin.resource(InstanceRequestProvider)
    outputs = request.check(declared()).inputs

    text = error_of(request.delete, "0badcafe", outputs)

    assert text == (
        "Refused: Instance orders (0badcafe) is protected against deletion. "
        "Set deletion_protection=False, run `pulumi up`, then delete it."
    )


def test_an_answer_of_aura_is_one_paragraph_with_its_request_id(plugin, control, project, declared):
    """No module path, no chained HTTP error."""
    control.change_project(project, max_instances=0)
    request = plugin.resource(InstanceRequestProvider)

    text = error_of(request.create, request.check(declared()).inputs)

    assert re.match(r"Rejected: Instance 'orders\S+' in project \S+: create was rejected: ", text)
    assert "request id" in text
    assert "\n" not in text
    for unwanted in ("Traceback", "pulumi_neo4j_aura", "httpx", CLIENT_SECRET):
        assert unwanted not in text


@pytest.mark.parametrize("provider", [InstanceRequestProvider, SnapshotProvider])
def test_every_method_of_every_resource_speaks_so(plugin, provider):
    """Check of a broken world, read, update and delete of another API."""
    resource = plugin.resource(provider)
    elsewhere = {**instance_inputs(), "instance_id": "x", "api_url": "https://api.neo4j.io"}
    calls: list[tuple[Any, ...]] = [
        (resource.read, "id", elsewhere),
        (resource.delete, "id", elsewhere),
    ]
    if provider is InstanceRequestProvider:
        calls.append((resource.update, "id", elsewhere, elsewhere))
    for call in calls:
        text = error_of(*call)
        assert text.startswith("Refused: This resource was made at https://api.neo4j.io")
        assert "\n" not in text


def test_a_failed_readiness_is_one_paragraph(plugin, control, declared):
    """The longest waits end in the shortest texts."""
    control.plan_operation("create", ending="failed")
    request = plugin.resource(InstanceRequestProvider)
    _, outputs = request.create(request.check(declared()).inputs)
    keys = ("instance_id", "api_url", "operation")

    readiness = plugin.resource(InstanceReadinessProvider)
    text = error_of(readiness.create, {key: outputs[key] for key in keys})

    assert text.startswith("OperationFailed: ")
    assert "loading failed" in text
    assert "\n" not in text


def test_wrong_credentials_are_told_by_the_first_call(control, variables):
    """In the preview, before anything is planned on them."""
    wrong = {**variables, "AURA_CLIENT_SECRET": "not-the-right-secret"}
    with running_plugin(wrong) as plugin:
        text = error_of(plugin.resource(InstanceRequestProvider).check, instance_inputs())
    assert text.startswith("BadCredentials: ")
    assert "not-the-right-secret" not in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("wrong", "kind", "name"),
    [
        ({"AURA_CALLS_PER_MINUTE": "many"}, "Permanent", "AURA_CALLS_PER_MINUTE"),
        ({"AURA_CALLS_PER_MINUTE": "0"}, "Permanent", "AURA_CALLS_PER_MINUTE"),
        ({"AURA_API_URL": "ftp://x"}, "Permanent", "AURA_API_URL"),
        ({"AURA_API_URL": "http://api.example.com"}, "Refused", "AURA_API_URL"),
    ],
)
def test_a_wrong_setting_is_one_paragraph_too(control, variables, wrong, kind, name):
    """It fails in `configure`, before any call, where a traceback is easily overlooked."""
    with running_plugin({**variables, **wrong}) as plugin:
        text = error_of(plugin.resource(InstanceRequestProvider).check, instance_inputs())
    assert text.startswith(f"{kind}: ")
    assert name in text
    assert "\n" not in text


def test_the_debug_switch_brings_the_traceback_back(control, variables):
    """For reports of errors: where it came from."""
    with running_plugin({**variables, "AURA_DEBUG": "1"}) as plugin:
        request = plugin.resource(InstanceRequestProvider)
        outputs = request.check(instance_inputs()).inputs
        text = error_of(request.delete, "0badcafe", outputs)
    assert "Traceback" in text
    assert "pulumi_neo4j_aura.errors.Refused" in text
    assert "instance_request.py" in text
    assert CLIENT_SECRET not in text


def test_failures_of_check_are_failures_and_no_error(plugin, declared):
    """The engine prints them beside the property."""
    checked = plugin.resource(InstanceRequestProvider).check(declared(memory="3GB"))
    assert set(checked.failures) == {"memory"}


def test_without_an_engine_warnings_go_to_standard_error(control, variables, tmp_path):
    """A line about the work must never end the work."""
    errors = tmp_path / "stderr"
    with running_plugin(variables, engine_address="127.0.0.1:9", errors=errors) as plugin:
        kept = {**instance_inputs(), "adopted": True, "deletion_protection": False}
        plugin.resource(InstanceRequestProvider).delete("0badcafe", kept)
    assert "was adopted and is kept" in errors.read_text()
