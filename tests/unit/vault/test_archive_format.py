"""The page that a stranger reads: it is in the package, and its example is what we write."""

import json
import re
from datetime import date
from pathlib import Path

from pulumi_neo4j_aura.domain import packstream
from pulumi_neo4j_aura.reporting.rows import row
from pulumi_neo4j_aura.reporting.typed import typed
from pulumi_neo4j_aura.vault import archive, manifest
from pulumi_neo4j_aura.vault.archive import frames
from pulumi_neo4j_aura.vault.store import open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.clock import FakeClock
from support.values import EXAMPLES

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "reference" / "archive-format.md"
TEXT = PAGE.read_text()


def block(language):
    return TEXT.split(f"```{language}\n", 1)[1].split("```", 1)[0]


def names_in(title):
    """The first column of the table behind a line, without its head."""
    table = TEXT.split(title, 1)[1].split("\n\n| ", 1)[1].split("\n\n", 1)[0]
    cells = [line.split("|")[1] for line in ("| " + table).splitlines()[2:]]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_the_page_is_the_one_in_the_package():
    """One text, in the documentation and in every vault."""
    assert dict(archive.companions())["archive-format.md"] == PAGE.read_bytes()


def test_the_example_is_a_part():
    """The bytes on the page decode to what the page says of them."""
    data = bytes.fromhex("".join(block("hex").split()))
    header, shown = (json.loads(line) for line in block("json").splitlines())
    expected = frames.Header(**{**header, "fields": tuple(header["fields"])})
    (record,) = frames.records(iter([data]), expected)
    assert row(record, "nodes") == shown
    assert f"({(date(1815, 12, 10) - date(1970, 1, 1)).days} days)".replace("-", "−") in TEXT  # noqa: RUF001


def test_the_example_is_what_we_write():
    """Byte for byte."""
    header, shown = (json.loads(line) for line in block("json").splitlines())
    born = packstream.Structure(0x44, (-56270,))
    record = packstream.encode([7, ["Person"], {"name": "Ada", "born": born}])
    made = frames.opening(frames.Header.of(header["export_id"], "nodes", 0))
    assert made + frames.framed(record) + frames.closing(1) == bytes.fromhex(
        "".join(block("hex").split())
    )
    assert shown["id"] == 7


def test_the_page_names_every_field_of_a_manifest():
    """None that is missing, none that is made up."""
    fields = set(manifest.Manifest.__dataclass_fields__)
    assert names_in("## The manifest") >= fields
    assert names_in("A part:") == set(manifest.Part.__dataclass_fields__)
    for facts in (manifest.InstanceFacts, manifest.SnapshotFacts):
        for name in facts.__dataclass_fields__:
            assert f"`{name}`" in TEXT


def test_the_page_names_every_kind_and_its_fields():
    """As the headers say them."""
    assert names_in("## Records") == set(frames.FIELDS)
    section = TEXT.split("## Records", 1)[1].split("\n## ", 1)[0]
    for kind, fields in frames.FIELDS.items():
        line = next(line for line in section.splitlines() if line.startswith(f"| `{kind}`"))
        assert re.findall(r"`(\w+)`", line) == [kind, *fields]


def test_the_page_names_every_type_and_tag():
    """Those that the reader knows."""
    shown = {
        value["$type"] for _, value in EXAMPLES if isinstance(value, dict) and "$type" in value
    }
    assert names_in("## Typed JSON") == shown
    known = {
        f"{value.tag:02x}"
        for value, _ in EXAMPLES
        if isinstance(value, packstream.Structure) and typed(value)["$type"] != "Structure"
    }
    assert names_in("have them (date-times") == known


def test_every_marker_on_the_page_is_one():
    """And there is no other one."""
    table = TEXT.split("## PackStream", 1)[1].split("\n\n")[2]
    markers = set()
    for line in table.splitlines()[2:]:
        for each in line.split("|")[1].replace("`", "").split(", "):
            ends = [int(end, 16) for end in re.split(r"\W+", each.strip())]
            markers |= set(range(ends[0], ends[-1] + 1))
    for marker in range(256):
        known = True
        try:
            packstream.skip(bytes([marker]) + bytes(40), 0)
        except ValueError:
            known = False
        assert known is (marker in markers), f"{marker:02x}"


def test_a_vault_has_its_companions():
    """Whoever finds the vault finds how to read it."""
    store = open_store("memory://")
    Vault(store).claim(FakeClock().now(), archive.companions())
    for name, content in archive.companions():
        assert store.get(name) == content
    assert [name for name, _ in archive.companions()] == [
        "README.md",
        "archive-format.md",
        "read_archive.py",
    ]
    assert b"python3 read_archive.py rows EXPORT" in store.get("README.md")
