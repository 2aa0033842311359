"""`ls`, `show`, `cat`, `verify`: what is in a vault, for people and for programs."""

import csv
import io
import json

import pyrage  # type: ignore[import-untyped] # it has no types
import pytest
from pyarrow import parquet  # type: ignore[import-untyped, unused-ignore] # an extra

from support.small_export import EXPORT, MOMENT, STATEMENT, put_export, vault_in


def test_ls_shows_every_export(run, made):
    """Its id, whose it is, when, how much."""
    shown = run("ls")
    assert shown.code == 0
    for word in (EXPORT, "orders", "2026-11-20 03:00:00Z", "clone", "no"):
        assert word in shown.out
    (row,) = run("ls", "--json").json["exports"]
    assert row["export_id"] == EXPORT
    assert row["counts"] == {"nodes": 3, "relationships": 2}
    assert row["moment"] == MOMENT.isoformat()


def test_an_empty_vault_and_no_vault_are_two_things(run, tmp_path):
    """The second one is probably a typing mistake."""
    assert "no export" in run("ls").out
    nowhere = run("ls", target=str(tmp_path / "typo"))
    assert nowhere.code == 1
    assert "typo" in nowhere.err


def test_a_damaged_manifest_is_shown_and_not_hidden(run, made, vault):
    """One bad export does not make the others unreadable."""
    vault.store.put(made.key, b"{}")
    assert "DAMAGED" in run("ls").out
    assert run("ls", "--json").json["exports"][0]["damaged"]
    assert run("verify").code == 1


def test_orphans_are_listed_and_removed_only_when_told(run, made, vault, monkeypatch):
    """And never those that may belong to an export under way."""
    vault.store.put("exports/x-y/z/nodes-00000-left.pack.zst", b"left")
    assert "belongs to an export" in run("ls", "--orphans").out
    monkeypatch.setattr("pulumi_neo4j_aura.bootstrap.SystemClock.now", lambda _self: far_future())
    assert "nodes-00000-left" in run("ls", "--orphans").out
    assert run("ls", "--remove-orphans", "--json").json["removed"]
    assert "belongs to an export" in run("ls", "--orphans").out
    assert run("verify", "--deep").code == 0


def far_future():
    return MOMENT.replace(year=2100)


def test_show_tells_where_it_came_from_and_what_is_in_it(run, made):
    """Also by the beginning of its id."""
    shown = run("show", EXPORT[:12])
    assert shown.code == 0
    for word in (EXPORT, "professional-db 4GB", "users and their passwords", STATEMENT):
        assert word in shown.out
    assert run("show", EXPORT, "--json").json["export_id"] == EXPORT


def test_an_export_that_is_not_there_is_named(run, made):
    """With the command that lists them; as JSON too."""
    shown = run("show", "ffffffff")
    assert (shown.code, shown.out) == (1, "")
    assert "ffffffff" in shown.err
    assert "aura-backup ls" in shown.err
    assert run("show", "ffffffff", "--json").json["error"]["kind"] == "NotFound"


def test_cat_prints_rows_as_json_lines(run, made):
    """Every row, with Neo4j's types; the 64-bit integer whole."""
    lines = [json.loads(line) for line in run("cat", EXPORT).out.splitlines()]
    assert len(lines) == 6
    (born,) = [line for line in lines if line.get("properties", {}).get("born")]
    assert born["properties"]["big"] == 2**62
    assert "1991-01-02" in json.dumps(born)
    nodes = run("cat", EXPORT, "--kind", "nodes").out.splitlines()
    assert len(nodes) == 3


def test_cat_writes_tables(run, made, tmp_path):
    """CSV to anywhere, Parquet to a file."""
    rows = list(
        csv.DictReader(io.StringIO(run("cat", EXPORT, "--kind", "nodes", "--format", "csv").out))
    )
    assert [row["properties.name"] for row in rows] == ["Ærø", "Bo", ""]
    path = tmp_path / "nodes.parquet"
    done = run("cat", EXPORT, "--kind", "nodes", "--format", "parquet", "--output", str(path))
    assert done.code == 0
    assert parquet.read_table(path).num_rows == 3
    text = tmp_path / "all.jsonl"
    assert run("cat", EXPORT, "--output", str(text)).code == 0
    assert len(text.read_text().splitlines()) == 6


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--format", "xml"), "none of jsonl"),
        (("--kind", "people"), "none of schema"),
        (("--format", "csv"), "needs --kind"),
        (("--format", "parquet", "--kind", "nodes"), "needs --output"),
    ],
)
def test_cat_says_what_it_cannot_do(run, made, words, told):
    """Before anything is read."""
    shown = run("cat", EXPORT, *words)
    assert (shown.code, shown.out) == (1, "")
    assert told in shown.err


@pytest.mark.parametrize("depth", [(), ("--quick",), ("--full",), ("--deep",)])
def test_a_sound_vault_is_verified(run, made, depth):
    """Exit code 0 at every depth."""
    shown = run("verify", *depth)
    assert shown.code == 0
    assert f"sound   {EXPORT}" in shown.out
    assert run("verify", EXPORT, *depth, "--json").json["exports"][0]["sound"]


def test_a_changed_byte_is_found_and_named(run, made, vault):
    """Quick looks at sizes and does not see it, and says which look it was."""
    part = made.of_kind("nodes")[0]
    data = bytearray(vault.store.get(part.key))
    data[len(data) // 2] ^= 1
    vault.store.put(part.key, bytes(data))

    assert run("verify", "--quick").code == 0
    for depth in ("--full", "--deep"):
        shown = run("verify", depth)
        assert shown.code == 1
        assert part.key in shown.out
    (verdict,) = run("verify", "--json").json["exports"]
    assert verdict["damaged"]
    assert verdict["problems"][0]["key"] == part.key


def test_a_missing_object_is_found_by_the_quickest_look(run, made, vault):
    """And cut ones."""
    first, second = made.parts[:2]
    vault.store.delete(first.key)
    vault.store.put(second.key, b"short")
    shown = run("verify", "--quick")
    assert shown.code == 1
    assert "it is missing" in shown.out
    assert "instead of" in shown.out


def test_two_depths_at_once_are_refused(run, made):
    """Exit code 4."""
    assert run("verify", "--quick", "--deep").code == 4


def test_an_encrypted_export_is_unknown_without_its_key_and_sound_with_it(
    run, tmp_path, monkeypatch
):
    """Exit code 3: what cannot be looked at is neither sound nor damaged."""
    key = pyrage.x25519.Identity.generate()
    other = vault_in(tmp_path / "other")
    put_export(other, (str(key.to_public()),))
    target = other.store.url
    assert run("verify", target=target).code == 0
    assert run("verify", "--deep", target=target).code == 3
    assert run("cat", EXPORT, target=target).code == 1

    path = tmp_path / "key"
    path.write_text(f"{key}\n")
    monkeypatch.setenv("AURA_BACKUP_AGE_IDENTITY_FILE", str(path))
    deep = run("verify", "--deep", target=target)
    assert deep.code == 0
    assert len(run("cat", EXPORT, target=target).out.splitlines()) == 6
    assert str(key) not in deep.out + deep.err
