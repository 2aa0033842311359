"""The policy document: what people write, what is published, and every mistake with its path."""

import json
from datetime import time, timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura import policy_document
from pulumi_neo4j_aura.domain.policy import Dst, First, Missed, Mode, OnLoss, Take
from pulumi_neo4j_aura.errors import Permanent

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "stacks" / "policies" / "production.yaml"
SCHEMA = ROOT / "docs" / "reference" / "policy.schema.json"

BASE = {"name": "production", "instances": {"ids": ["ab12cd34"]}, "target": "s3://acme/aura"}


def parsed(**fields):
    return policy_document.parse({**BASE, **fields}, "production.yaml")


def refusal(**fields):
    with pytest.raises(Permanent) as caught:
        parsed(**fields)
    return caught.value.message


# --- what it means --------------------------------------------------------------------------------


def test_the_example_is_read_as_it_stands():
    """Every part of it."""
    policy = policy_document.load(EXAMPLE)
    assert policy.name == "production"
    assert policy.instances.names == ("orders*",)
    assert policy.instances.exclude == ("*-staging",)
    (rule,) = policy.exports
    assert (rule.take, rule.method) == (Take.NEWEST_EXPORTABLE, "clone")
    assert (rule.schedule.within, rule.schedule.missed) == (timedelta(hours=24), Missed.RUN_ONCE)
    assert (policy.retention.weekly, policy.retention.floor.proven) == (8, 1)
    assert policy.restore_tests[0].queries[0].at_least == 1
    assert policy.objectives.rpo == timedelta(hours=24)
    assert policy.limits.max_clone_age == timedelta(hours=6)
    assert policy.mode is Mode.ENFORCE


def test_every_field_of_a_schedule_is_read():
    """With its own words for each rule."""
    policy = parsed(
        snapshots=[
            {
                "cron": "0 1 * * *",
                "zone": "Asia/Tokyo",
                "dst": "both",
                "missed": "run-all",
                "first": "now",
                "within": "90m",
                "jitter": "10m",
                "most_catch_up": 3,
                "blackouts": [{"from": "22:00", "to": "06:30", "days": ["SAT", "SUN"]}],
            }
        ],
        on_loss="recreate",
    )
    times = policy.snapshots[0].schedule
    assert (times.dst, times.missed, times.first) == (Dst.BOTH, Missed.RUN_ALL, First.NOW)
    assert (times.within, times.jitter) == (timedelta(minutes=90), timedelta(minutes=10))
    (blackout,) = times.blackouts
    assert (blackout.begin, blackout.end, blackout.days) == (time(22), time(6, 30), {5, 6})
    assert policy.on_loss is OnLoss.RECREATE


def test_a_time_of_day_that_yaml_reads_as_a_number_is_one_all_the_same():
    """22:00 without quotes is 1320 for YAML 1.1."""
    text = "{cron: '0 1 * * *', blackouts: [{from: 22:00, to: 06:30}]}"
    (blackout,) = parsed(snapshots=[yaml.safe_load(text)]).snapshots[0].schedule.blackouts
    assert (blackout.begin, blackout.end) == (time(22), time(6, 30))


# --- presets --------------------------------------------------------------------------------------


def test_a_document_says_what_differs_from_its_preset():
    """Mappings field by field, everything else whole."""
    policy = parsed(preset="production", retention={"weekly": 2}, exports=[])
    assert (policy.retention.weekly, policy.retention.monthly) == (2, 12)
    assert policy.exports == ()
    assert policy.objectives.rto == timedelta(hours=2)


def test_each_preset_is_what_its_name_promises():
    """Development on demand only; staging weekly exports; production snapshots as well."""
    made = {name: parsed(preset=name) for name in policy_document.PRESETS}
    assert set(made) == {"development", "staging", "production"}
    assert (made["development"].snapshots, made["development"].exports) == ((), ())
    assert (len(made["staging"].snapshots), len(made["staging"].exports)) == (0, 1)
    assert (len(made["production"].snapshots), len(made["production"].exports)) == (1, 1)


def test_an_unknown_preset_names_those_that_there_are():
    """Nothing is guessed."""
    message = refusal(preset="prod")
    assert "preset" in message
    assert "staging" in message
    with pytest.raises(Permanent):
        policy_document.preset("prod")


# --- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"retentoin": {}}, "retentoin: there is no such field; retention?"),
        ({"zzz": 1}, "zzz: there is no such field"),
        ({"retention": {"weekley": 1}}, "retention.weekley: there is no such field; weekly?"),
        ({"instances": {}}, "instances: it names none"),
        ({"instances": {"exclude": ["x"]}}, "instances: it names none"),
        ({"name": ""}, "name: "),
        ({"exports": [{"cron": "0 1 * * *", "within": "soon"}]}, "exports[0].within: 'soon'"),
        ({"exports": [{"cron": "0 1 * * *", "within": True}]}, "exports[0].within: write a span"),
        ({"exports": [{"zone": "UTC"}]}, "exports[0].cron: it must be given"),
        ({"exports": [{"cron": "0 25 * * *"}]}, "exports[0].cron: '0 25 * * *' is no cron"),
        ({"restore_tests": [{"cron": "x"}]}, "cron: 'x' is no cron expression: it needs minute"),
        ({"snapshots": [{"cron": "0 1 * * *", "zone": "Mars"}]}, "[0].zone: there is no time zone"),
        ({"retention": {"keep_last": 0}}, "retention.keep_last: Input should be greater than or"),
        ({"retention": {"weekly": -1}}, "retention.weekly: Input should be greater than or equal"),
        ({"retention": {"floor": {"count": 0}}}, "retention.floor.count: Input should be greater"),
        (
            {"retention": {"keep_last": 0}, "exports": [{"cron": "0 25 * * *"}]},
            "exports[0].cron: '0 25 * * *' is no cron expression (bad hour); retention.keep_last: ",
        ),
        ({"retention": {"zone": "Mars"}}, "retention.zone: there is no time zone 'Mars'"),
        ({"exports": [{"cron": "0 1 * * *", "method": "magic"}]}, "exports[0].method: "),
        ({"limits": {"max_clones": 0}}, "limits.max_clones: "),
        ({"mode": "panic"}, "mode: "),
        ({"apiVersion": "aura-backup/v2"}, "apiVersion: "),
        ({"restore_tests": [{"cron": "0 1 * * *", "queries": [{"cypher": "x"}]}]}, "expect: "),
    ],
)
def test_a_mistake_has_its_path_and_the_nearest_field(fields, text):
    """And the message names the file."""
    message = refusal(**fields)
    assert text in message
    assert message.startswith("production.yaml ")


def test_all_mistakes_are_told_at_once():
    """Nobody likes to find them one by one."""
    message = refusal(mode="panic", retentoin={}, limits={"max_clones": 0})
    assert all(part in message for part in ("mode:", "retentoin:", "limits.max_clones:"))


@pytest.mark.parametrize("content", [None, [], "text", 7])
def test_what_is_no_mapping_is_no_policy(content):
    """An empty file must not become a policy of defaults."""
    with pytest.raises(Permanent, match="no mapping"):
        policy_document.parse(content, "x.yaml")


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"a: [1", "it is no YAML"), (b"\xff\xfe", "it is no YAML"), (b"", "it holds no mapping")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, content, text):
    """With the place, where YAML has one."""
    file = tmp_path / "policy.yaml"
    file.write_bytes(content)
    for read in (policy_document.load, policy_document.read):
        with pytest.raises(Permanent, match=text):
            read(file)
    with pytest.raises(Permanent, match="cannot be read"):
        policy_document.load(tmp_path / "not-there.yaml")


def test_a_part_of_a_document_is_read_for_a_program_that_gives_the_rest(tmp_path):
    """Name, target and instances may come from Pulumi; mistakes show all the same."""
    file = tmp_path / "weekly.yaml"
    file.write_text("exports: [{cron: '0 2 * * SUN'}]\n")
    assert policy_document.read(file) == {"exports": [{"cron": "0 2 * * SUN"}]}
    file.write_text("exprots: []\n")
    with pytest.raises(Permanent, match="exports"):
        policy_document.read(file)


# --- canonical ------------------------------------------------------------------------------------

SPANS = st.integers(1, 10**6).map(lambda seconds: f"{seconds}s")
COUNTS = st.one_of(st.none(), st.integers(1, 50))


@st.composite
def documents(draw):
    def maybe(strategy):
        return draw(st.one_of(st.none(), strategy))

    rule = st.fixed_dictionaries(
        {"cron": st.sampled_from(["0 1 * * *", "*/5 * * * *"])},
        optional={
            "zone": st.sampled_from(["UTC", "Europe/Berlin"]),
            "missed": st.sampled_from([each.value for each in Missed]),
            "within": SPANS,
            "jitter": SPANS,
            "blackouts": st.just([{"from": "22:00", "to": "06:00", "days": ["MON"]}]),
        },
    )
    optional = {
        "snapshots": maybe(st.lists(rule, max_size=2)),
        "exports": maybe(st.lists(rule, max_size=2)),
        "retention": maybe(
            st.fixed_dictionaries({}, optional={"daily": COUNTS, "keep_within": SPANS})
        ),
        "objectives": maybe(st.fixed_dictionaries({}, optional={"rpo": SPANS})),
        "mode": maybe(st.sampled_from([each.value for each in Mode])),
        "recipients": maybe(st.lists(st.text(max_size=5), max_size=2)),
        "holds": maybe(
            st.just([{"name": "legal", "copy": "x", "reason": "y", "until": "2031-01-01"}])
        ),
        "restore_tests": maybe(
            st.just(
                [
                    {
                        "cron": "0 1 1 * *",
                        "queries": [{"cypher": "RETURN 1", "expect": {"equals": 1}}],
                    }
                ]
            )
        ),
    }
    names = {"names": draw(st.lists(st.text(max_size=8), max_size=2)), "project": "p"}
    chosen = {key: value for key, value in optional.items() if value is not None}
    return {"name": "p", "target": "/v", "instances": names, **chosen}


@given(documents())
def test_the_canonical_document_says_the_same(document):
    """Read again it is the same policy, and it is its own canonical form."""
    policy = policy_document.parse(document, "the test")
    canonical = policy_document.to_document(policy)
    again = policy_document.parse(json.loads(json.dumps(canonical)), "the test")
    assert again == policy
    assert policy_document.to_document(again) == canonical


def test_the_version_stands_for_the_content():
    """However it was written; and for nothing else."""
    one = parsed(retention={"keep_within": "24h", "floor": {"count": 1}})
    same = parsed(retention={"keep_within": "1d"}, mode="enforce")
    other = parsed(retention={"keep_within": "25h"})
    assert one.version == same.version
    assert one.version != other.version
    assert len(one.version) == 12


# --- schema ---------------------------------------------------------------------------------------


def test_the_published_schema_is_that_of_the_model():
    """Editors see what the program reads. `python -m` of this test's way out writes it anew."""
    text = json.dumps(policy_document.schema(), indent=2, sort_keys=True) + "\n"
    assert SCHEMA.read_text() == text, "write docs/reference/policy.schema.json anew"


def test_the_schema_knows_the_example_and_refuses_a_typing_mistake():
    """What an editor underlines."""
    schema = json.loads(SCHEMA.read_text())
    example = yaml.safe_load(EXAMPLE.read_text())
    jsonschema.validate(example, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**example, "retentoin": {}}, schema)
