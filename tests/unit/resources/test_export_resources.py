"""`ExportTarget`, `Export` and an instance from one, as the engine gets them."""

import pytest
from pulumi.runtime import rpc

from pulumi_neo4j_aura import Export, ExportTarget, Instance, from_export, from_instance
from unit.resources.registrations import ANSWERS, EXPORT, MINIMAL, READINESS, TARGET, run

FILLED = {"filled": {"export_id": "0badcafe-snap-1", "proven": True}}


def test_a_target_has_its_url_and_recipients():
    """And nothing that could be a secret."""
    registered = run(lambda _: ExportTarget("t", url="/vault", recipients=["age1x"]) and None)
    inputs = registered.of(TARGET).inputs
    assert (inputs["url"], inputs["recipients"]) == ("/vault", ["age1x"])


def exported(**arguments):
    """The inputs of an export to a target with a recipient."""

    def program(_):
        target = ExportTarget("t", url="/vault", recipients=["age1x"])
        Export("e", target=target, instance_id="0badcafe", **arguments)

    return run(program).of(EXPORT)


def test_an_export_takes_place_and_recipients_from_its_target():
    """And keeps the copy when it is deleted, unless told."""
    inputs = exported(triggers={"week": "1"}).inputs
    assert (inputs["target"], inputs["recipients"]) == ("/vault", ["age1x"])
    assert (inputs["method"], inputs["retain"]) == ("auto", True)
    assert inputs["triggers"] == {"week": "1"}
    assert inputs["owner"]


@pytest.mark.parametrize("recipients", [[], ["age1y"]])
def test_its_own_recipients_win(recipients):
    """Also none at all."""
    assert exported(recipients=recipients).inputs["recipients"] == recipients


def test_the_password_of_an_export_is_a_secret():
    """On the way there and in the state."""
    found = exported(method="live", password="canary")
    assert rpc._special_sig_key in found.raw["password"]
    assert list(found.request.additionalSecretOutputs) == ["password"]


def readiness(source, monkeypatch):
    monkeypatch.setitem(ANSWERS, READINESS, {**ANSWERS[READINESS], **FILLED})
    made = []
    registered = run(lambda _: made.append(Instance("main", **MINIMAL, source=source)))
    return registered.of(READINESS)


def test_only_whoever_fills_an_instance_is_given_its_password(monkeypatch):
    """As a secret; other instances' readiness is as it always was."""
    found = readiness(from_export("/vault", "0badcafe-snap-1"), monkeypatch)
    assert rpc._special_sig_key in found.raw["password"]
    assert list(found.request.additionalSecretOutputs) == ["password"]
    other = readiness(from_instance("0badcafe"), monkeypatch)
    assert "password" not in other.raw
    assert "filled" not in other.raw
