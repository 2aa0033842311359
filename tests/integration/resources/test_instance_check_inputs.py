"""Every input that Aura would refuse fails in `check`, and the failure says what is allowed."""

import pytest

from pulumi_neo4j_aura.resources.core.instance_request import check
from pulumi_neo4j_aura.resources.core.values import UNKNOWN
from support.resources import calls, failures, instance_inputs, snapshot_source

LONG = "orders-of-the-northern-branches"

#: What is changed → the property that fails, and texts that its failure must hold.
MISTAKES = {
    "a name of 31 characters": ({"name": LONG}, "name", ["31", "at most 30"]),
    "an empty name": ({"name": ""}, "name", ["empty"]),
    "a name with an outer blank": ({"name": "orders "}, "name", ["blank"]),
    "a pending name": ({"name": "orders~0a1b2c3d"}, "name", ["~", "another ending"]),
    "a memory that is no size": ({"memory": "big"}, "memory", ["'big'", "8GB"]),
    "a memory that is not offered": ({"memory": "3GB"}, "memory", ["3GB", "1GB, 2GB, 4GB"]),
    "a storage that is not offered": ({"storage": "3GB"}, "storage", ["3GB", "4GB, 8GB"]),
    "a region that is not offered": ({"region": "mars-north1"}, "region", ["europe-west1"]),
    "a region of another cloud": ({"region": "eu-west-1"}, "region", ["gcp", "europe-west1"]),
    "a cloud that does not exist": (
        {"cloud_provider": "hal"},
        "cloud_provider",
        ["aws, azure, gcp"],
    ),
    "a type that does not exist": ({"type": "pro"}, "type", ["professional-db", "free-db"]),
    "a version that is not offered": ({"version": "9"}, "version", ["'9'", "4, 5"]),
    "an input that does not exist": ({"memmory": "2GB"}, "memmory", ["not an input", "spelling"]),
    "a vector index in 2GB": ({"vector_optimized": True}, "vector_optimized", ["4GB", "2GB"]),
    "secondaries on Professional": (
        {"secondaries_count": 1},
        "secondaries_count",
        ["AuraDB Professional", "business-critical", "enterprise-db"],
    ),
    "too many secondaries": (
        {"type": "business-critical", "secondaries_count": 16},
        "secondaries_count",
        ["16", "between 0 and 15"],
    ),
    "half a secondary": (
        {"type": "business-critical", "secondaries_count": 1.5},
        "secondaries_count",
        ["integer"],
    ),
    "change capture on Professional": (
        {"cdc_enrichment_mode": "FULL"},
        "cdc_enrichment_mode",
        ["business-critical"],
    ),
    "a change capture mode that does not exist": (
        {"type": "business-critical", "cdc_enrichment_mode": "SOME"},
        "cdc_enrichment_mode",
        ["'SOME'", "OFF, DIFF, FULL"],
    ),
    "the plugin on Business Critical": (
        {"type": "business-critical", "graph_analytics_plugin": True},
        "graph_analytics_plugin",
        ["professional-db"],
    ),
    "a key of one's own on Professional": (
        {"customer_managed_key_id": "k"},
        "customer_managed_key_id",
        ["enterprise-db"],
    ),
    "a paused Free instance": (
        {"type": "free-db", "memory": "1GB", "paused": True},
        "paused",
        ["AuraDB Free", "professional-db"],
    ),
    "a Free clone": (
        {"type": "free-db", "memory": "1GB", "source": snapshot_source("0badcafe", "s")},
        "source",
        ["AuraDB Free", "professional-db"],
    ),
    "a duration that is none": ({"wait_timeout": "soon"}, "wait_timeout", ["'soon'", "30m"]),
    "a duration of nothing": ({"wait_timeout": "0s"}, "wait_timeout", ["longer than zero"]),
    "an on_orphan that does not exist": ({"on_orphan": "steal"}, "on_orphan", ["'refuse'"]),
    "a truth that is none": ({"deletion_protection": "perhaps"}, "deletion_protection", ["bool"]),
}


@pytest.mark.parametrize(("changes", "field", "texts"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_fails_at_its_property_and_names_what_is_allowed(services, changes, field, texts):
    """One failure, at the property that is wrong, and it can be mended without looking it up."""
    found = failures(check(services, {}, instance_inputs(**changes)))

    assert set(found) == {field}
    for text in texts:
        assert text in found[field]


SOURCE_MISTAKES = {
    "a time without a zone": ({"before": "2026-11-22T12:00:00"}, "newest.before", "time zone"),
    "a time that is none": ({"before": "yesterday"}, "newest.before", "Invalid isoformat"),
    "an age that is none": ({"max_age": "young"}, "newest.max_age", "not a duration"),
    "a condition that does not exist": ({"youngest": True}, "newest.youngest", "not an input"),
}


@pytest.mark.parametrize(
    ("newest", "field", "text"), SOURCE_MISTAKES.values(), ids=SOURCE_MISTAKES.keys()
)
def test_a_mistake_inside_the_source_is_named_with_its_path(services, newest, field, text):
    """`source.newest.before`, not only `source`."""
    source = snapshot_source("0badcafe", newest=newest)

    found = failures(check(services, {}, instance_inputs(source=source)))

    assert set(found) == {f"source.{field}"}
    assert text in found[f"source.{field}"]


def test_several_mistakes_are_told_at_once(services):
    """Nobody mends one mistake a run."""
    found = failures(check(services, {}, instance_inputs(name=LONG, type="pro", wait_timeout="x")))
    assert set(found) == {"wait_timeout"}, "shape comes first"

    found = failures(check(services, {}, instance_inputs(name=LONG, type="pro", memory="big")))
    assert set(found) == {"name", "type", "memory"}


@pytest.mark.parametrize("missing", ["name", "cloud_provider", "region", "type", "memory"])
def test_a_required_input_that_is_missing_is_named(services, missing):
    """Pulumi passes what the program gave; what it forgot is said by name."""
    found = failures(check(services, {}, instance_inputs(**{missing: None})))
    assert found == {missing: "is required"}


def test_bad_input_is_found_before_anything_is_asked(services, control):
    """Local rules need no Aura, so that a typing error shows without credentials and network."""
    check(services, {}, instance_inputs(name=LONG))
    assert control.requests() == []


def test_a_secret_never_shows_in_a_failure(services):
    """The engine prints a failed property with its value: a secret one must never fail."""
    secret = "pa55word-that-nobody-sees"
    bad = instance_inputs(name=LONG, memory="big", password_override=secret, colour="red")
    for changes in (bad, instance_inputs(password_override=secret, memory="3GB")):
        result = check(services, {}, changes)
        assert result.failures
        assert "password_override" not in {each.property for each in result.failures}
        assert secret not in str(result.failures) + str(result.warnings)


def test_a_sound_instance_is_normalised(services):
    """Defaults are filled in, sizes are spelled as Aura spells them, and nothing else changes."""
    given = instance_inputs(memory="2 gb", storage="8", version=5.0, paused=None)

    result = check(services, {}, given)

    assert result.failures == ()
    assert result.inputs == {
        **given,
        "memory": "2GB",
        "storage": "8GB",
        "version": "5",
        "delete_adopted": False,
        "on_orphan": "refuse",
        "deletion_protection": True,
        "wait_timeout": "30m",
        "provenance": {"kind": "none"},
    }


def test_normalising_twice_changes_nothing(services):
    """Else every `up` would show a difference that nobody made."""
    once = check(services, {}, instance_inputs(memory="2", wait_timeout="1h 30m", version=5))
    twice = check(services, once.inputs, once.inputs)
    assert twice.inputs == once.inputs
    assert twice.inputs["wait_timeout"] == "1h 30m", "the user's spelling stays"


# --- values that are not known yet ----------------------------------------------------------------

UNKNOWNS = [
    "name",
    "cloud_provider",
    "region",
    "type",
    "memory",
    "storage",
    "project_id",
    "version",
    "paused",
    "secondaries_count",
    "adopt_instance_id",
    "password_override",
    "wait_timeout",
    "customer_managed_key_id",
]


@pytest.mark.parametrize("key", UNKNOWNS)
def test_an_unknown_value_is_no_mistake_and_stays_unknown(services, key):
    """A preview knows it later; it is neither refused nor replaced by a default."""
    result = check(services, {}, instance_inputs(**{key: UNKNOWN}))
    assert result.failures == ()
    assert result.inputs[key] is UNKNOWN


@pytest.mark.parametrize("key", UNKNOWNS)
def test_a_value_that_becomes_unknown_is_no_mistake_either(services, key):
    """The same for a resource that exists: the preview of an update."""
    olds = check(services, {}, instance_inputs()).inputs
    result = check(services, olds, instance_inputs(**{key: UNKNOWN}))
    assert result.failures == ()
    assert result.inputs[key] is UNKNOWN


@pytest.mark.parametrize(
    "source",
    [
        UNKNOWN,
        snapshot_source(UNKNOWN),
        snapshot_source("0badcafe", UNKNOWN),
        snapshot_source("0badcafe", newest={"before": UNKNOWN}),
    ],
)
def test_a_source_with_an_unknown_part_waits_for_the_real_run(services, control, source):
    """Nothing is looked up by half an id, and no provenance is made up."""
    result = check(services, {}, instance_inputs(source=source))

    assert result.failures == ()
    assert result.inputs["source"] == source
    assert "provenance" not in result.inputs
    assert control.requests("GET", "/v1/instances") == []


def test_what_is_known_is_judged_although_something_is_not(services):
    """A preview that waits with every mistake until all is known helps nobody."""
    result = check(services, {}, instance_inputs(source=UNKNOWN, wait_timeout="soon"))
    assert set(failures(result)) == {"wait_timeout"}


def test_an_unknown_source_does_not_hide_that_a_size_is_not_offered(services):
    """What the project offers does not depend on the source."""
    found = failures(check(services, {}, instance_inputs(source=UNKNOWN, memory="3GB")))
    assert set(found) == {"memory"}


def test_an_unknown_size_leaves_the_project_alone(services, control):
    """Without a size there is nothing to compare with what is offered."""
    assert check(services, {}, instance_inputs(memory=UNKNOWN)).failures == ()
    assert calls(control, "GET", "/v1/tenants/a0000000-0000-4000-8000-000000000001") == 0
