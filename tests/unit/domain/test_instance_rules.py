import pytest

from pulumi_neo4j_aura.domain.instance_rules import (
    Problem,
    basic_problems,
    offer_problems,
    tier_problems,
)
from pulumi_neo4j_aura.domain.project import InstanceConfiguration, Project
from unit.domain.declarations import declared

TYPES = "business-critical, enterprise-db, enterprise-ds, free-db, professional-db, professional-ds"

ON_GCP = "with type professional-db, cloud_provider gcp"
IN_EUROPE = f"{ON_GCP}, region europe-west1, version 5"


def offer(**changes):
    usual = {
        "cloud_provider": "gcp",
        "region": "europe-west1",
        "type": "professional-db",
        "version": "5",
        "memory": "4GB",
        "storage": "8GB",
    }
    return InstanceConfiguration(**(usual | changes))


def project(*offers):
    return Project("project-1", "Orders", offers)


OFFERS = project(
    offer(memory="16GB", storage="32GB"),
    offer(memory="2GB", storage="4GB"),
    offer(),
    offer(storage="16GB"),
    offer(region="us-east1"),
    offer(cloud_provider="aws", region="eu-west-1"),
    offer(type="free-db", memory="1GB", storage="2GB"),
    offer(version="4", memory="8GB", storage="16GB"),
)


def test_a_fine_declaration_has_no_problems():
    """The rules are silent when there is nothing to say."""
    fine = declared()
    assert list(basic_problems(fine)) == []
    assert list(tier_problems(fine, from_source=True)) == []
    assert list(offer_problems(fine, OFFERS)) == []


@pytest.mark.parametrize(
    ("changes", "key", "reason"),
    [
        ({"name": "a" * 31}, "name",
         f"the name {'a' * 31!r} has 31 characters; Aura allows at most 30"),
        ({"name": ""}, "name", "the name '' must not be empty"),
        ({"name": " orders"}, "name",
         "the name ' orders' must not begin or end with a blank (Aura refuses that)"),
        ({"cloud_provider": "ibm"}, "cloud_provider", "'ibm' is none of aws, azure, gcp"),
        ({"cloud_provider": "GCP"}, "cloud_provider", "'GCP' is none of aws, azure, gcp"),
        ({"type": "professional"}, "type", f"'professional' is none of {TYPES}"),
        ({"memory": "4 gigs"}, "memory",
         "'4 gigs' is not a size in whole gigabytes, such as 8GB"),
        ({"memory": "0GB"}, "memory", "'0GB' is not a size in whole gigabytes, such as 8GB"),
        ({"memory": ""}, "memory", "'' is not a size in whole gigabytes, such as 8GB"),
        ({"storage": "8.5GB"}, "storage",
         "'8.5GB' is not a size in whole gigabytes, such as 8GB"),
        ({"cdc_enrichment_mode": "off"}, "cdc_enrichment_mode",
         "'off' is none of OFF, DIFF, FULL"),
        ({"secondaries_count": -1}, "secondaries_count", "-1 is not between 0 and 15"),
        ({"secondaries_count": 16}, "secondaries_count", "16 is not between 0 and 15"),
    ],
)  # fmt: skip
def test_a_broken_basic_rule_names_the_property_and_what_is_allowed(changes, key, reason):
    """The whole sentence is compared: it is what people read in a preview."""
    assert list(basic_problems(declared(**changes))) == [Problem(key, reason)]


@pytest.mark.parametrize(
    "changes",
    [
        {"secondaries_count": 0},
        {"secondaries_count": 15},
        {"cdc_enrichment_mode": "DIFF"},
        {"storage": "8"},
        {"memory": "512GB"},
        {"name": "a" * 30},
    ],
)
def test_values_at_the_border_are_allowed(changes):
    """The limits themselves are inside."""
    assert list(basic_problems(declared(**changes))) == []


def test_every_broken_rule_is_told_at_once():
    """Nobody wants to mend a declaration one preview at a time."""
    broken = declared(name="", cloud_provider="x", type="x", memory="x", secondaries_count=99)
    assert [problem.property for problem in basic_problems(broken)] == [
        "name", "cloud_provider", "type", "memory", "secondaries_count",
    ]  # fmt: skip


def test_a_free_instance_cannot_be_a_clone():
    """The way out names the types that can."""
    assert list(tier_problems(declared(type="free-db"), from_source=True)) == [
        Problem(
            "source",
            "an AuraDB Free instance cannot be created from a snapshot or another instance; use "
            "type professional-db or higher, or leave the source out",
        )
    ]
    assert list(tier_problems(declared(type="free-db"), from_source=False)) == []


@pytest.mark.parametrize(
    ("kind", "changes", "title", "able"),
    [
        ("professional-db", {"secondaries_count": 1}, "AuraDB Professional",
         "business-critical, enterprise-db"),
        ("professional-db", {"cdc_enrichment_mode": "FULL"}, "AuraDB Professional",
         "business-critical, enterprise-db"),
        ("business-critical", {"graph_analytics_plugin": True}, "AuraDB Business Critical",
         "professional-db"),
        ("business-critical", {"customer_managed_key_id": "key"}, "AuraDB Business Critical",
         "enterprise-db, enterprise-ds"),
        ("free-db", {"paused": True}, "AuraDB Free",
         "professional-db, business-critical, enterprise-db, professional-ds, enterprise-ds"),
    ],
)  # fmt: skip
def test_what_a_tier_lacks_is_refused_with_the_tiers_that_have_it(kind, changes, title, able):
    """One sentence: who does not offer it, and who does."""
    assert list(tier_problems(declared(type=kind, **changes), from_source=False)) == [
        Problem(next(iter(changes)), f"{title} does not offer this; types that do: {able}")
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"secondaries_count": 0},
        {"cdc_enrichment_mode": "OFF"},
        {"graph_analytics_plugin": False},
        {"paused": False},
    ],
)
def test_switching_off_what_a_tier_lacks_is_fine(changes):
    """A declared "off" is what the tier has."""
    assert list(tier_problems(declared(type="free-db", **changes), from_source=False)) == []


@pytest.mark.parametrize(
    ("memory", "wanted", "refused"),
    [("2GB", True, True), ("4GB", True, False), ("2GB", False, False), ("2GB", None, False),
     ("odd", True, False)],
)  # fmt: skip
def test_vector_optimisation_needs_four_gigabytes(memory, wanted, refused):
    """Four are enough; an unreadable size is another rule's business."""
    found = list(tier_problems(declared(memory=memory, vector_optimized=wanted), from_source=False))
    expected = Problem(
        "vector_optimized", "vector optimisation needs at least 4GB of memory, not 2GB"
    )
    assert found == ([expected] if refused else [])


def test_an_unknown_type_has_no_tier_rules():
    """The basic rules refuse it already."""
    odd = declared(type="odd", secondaries_count=3)
    assert list(tier_problems(odd, from_source=True)) == []


@pytest.mark.parametrize(
    ("changes", "key", "reason"),
    [
        ({"type": "enterprise-db"}, "type",
         "'enterprise-db'; allowed: free-db, professional-db"),
        ({"cloud_provider": "azure"}, "cloud_provider",
         "'azure' with type professional-db; allowed: aws, gcp"),
        ({"region": "mars-1"}, "region",
         f"'mars-1' {ON_GCP}; allowed: europe-west1, us-east1"),
        ({"region": "eu-west-1", "cloud_provider": "gcp"}, "region",
         f"'eu-west-1' {ON_GCP}; allowed: europe-west1, us-east1"),
        ({"version": "6"}, "version",
         f"'6' {ON_GCP}, region europe-west1; allowed: 4, 5"),
        ({"memory": "3GB"}, "memory",
         "'3GB' " + IN_EUROPE + "; allowed: 2GB, 4GB, 16GB"),
        ({"storage": "32GB"}, "storage",
         "'32GB' " + IN_EUROPE + ", memory 4GB; allowed: 8GB, 16GB"),
    ],
)  # fmt: skip
def test_what_the_project_does_not_offer_is_told_with_what_it_does(changes, key, reason):
    """The first property that leaves nothing is named, with the values that fit the others."""
    assert list(offer_problems(declared(**changes), OFFERS)) == [
        Problem(key, f"project Orders does not offer {reason}")
    ]


@pytest.mark.parametrize("changes", [{"memory": "4"}, {"memory": "4 gb", "storage": "16Gi"}])
def test_sizes_are_compared_by_amount(changes):
    """However they are spelled."""
    assert list(offer_problems(declared(**changes), OFFERS)) == []


def test_a_project_without_configurations_refuses_nothing():
    """Aura has the last word; an empty table is not "offers nothing"."""
    assert list(offer_problems(declared(region="mars-1"), project())) == []


def test_a_project_without_a_name_is_called_by_its_id():
    """A sentence always names the thing."""
    nameless = Project("project-1", "", (offer(),))
    (problem,) = offer_problems(declared(region="mars-1"), nameless)
    assert problem.reason.startswith("project project-1 does not offer 'mars-1'")
