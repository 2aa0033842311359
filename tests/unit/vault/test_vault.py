"""A vault: what exists is what manifests say, and nothing is deleted that one of them names."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from pulumi_neo4j_aura.domain.observed import MissingExport
from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    Damaged,
    Forbidden,
    NotFound,
    Permanent,
    Refused,
    Transient,
)
from pulumi_neo4j_aura.vault import layout, manifest, removal
from pulumi_neo4j_aura.vault.effects import EffectJournal
from pulumi_neo4j_aura.vault.manifest import SnapshotFacts
from pulumi_neo4j_aura.vault.store import open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.clock import FakeClock
from support.exports import MOMENT, made_export
from support.stores import Breaking, Denying, Forgetful, Overwriting, Recording

NOW = datetime(2026, 3, 30, tzinfo=UTC)
#: After everything that a test has written just now, whatever the clock says.
LATER = datetime(2100, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MADE = made_export()
OTHER = made_export("ef56ab78", "people", "snapshot-2", MOMENT - DAY)


@pytest.fixture
def store():
    return open_store("memory://")


@pytest.fixture
def vault(store):
    return vault_on(store)


def vault_on(store: Any) -> Vault:
    """Also on one of the stores that misbehave."""
    return Vault(store)


def put_parts(store, made):
    for part in made.parts:
        store.put(part.key, b"x" * 10)


def put_export(store, made):
    put_parts(store, made)
    assert vault_on(store).commit(made)
    return made


def keys(store):
    return {each.key for each in store.list()}


def data_keys(store):
    return {key for key in keys(store) if key.startswith(("exports/", "files/"))}


def manifests(vault):
    return [row.manifest for row in vault.exports()]


# --- the vault itself -----------------------------------------------------------------------------


def test_claiming_makes_a_vault_with_what_explains_it(store, vault):
    """Format, an id of its own, when; and the companions beside it."""
    found = vault.claim(NOW, [("FORMAT.md", b"how to read this")])

    content = json.loads(store.get("vault.json"))
    assert content == {"format": "aura-backup/vault/1", "id": found, "created_at": NOW.isoformat()}
    assert store.get("FORMAT.md") == b"how to read this"


def test_claiming_again_changes_nothing(store, vault):
    """The id stays, and so do companions that are there, by an older version or a person."""
    first = vault.claim(NOW, [("FORMAT.md", b"first")])

    assert vault.claim(NOW + DAY, [("FORMAT.md", b"second"), ("new.py", b"new")]) == first
    assert json.loads(store.get("vault.json"))["created_at"] == NOW.isoformat()
    assert store.get("FORMAT.md") == b"first"
    assert store.get("new.py") == b"new"


def test_of_many_who_claim_at_once_all_see_one_vault(tmp_path):
    """Whoever comes second takes the id that is there."""
    start = Barrier(8)

    def claim():
        start.wait()
        return vault_on(open_store(str(tmp_path))).claim(NOW)

    with ThreadPoolExecutor(8) as pool:
        ids = {each.result() for each in [pool.submit(claim) for _ in range(8)]}
    assert len(ids) == 1


def test_a_place_that_is_no_vault_is_said_to_be_none(vault):
    """Reading makes no vault of it."""
    with pytest.raises(NotFound):
        vault.id()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"format": "aura-backup/vault/1"}'])
def test_a_damaged_vault_file_is_not_written_anew(store, vault, data):
    """Another id would make it another vault."""
    store.put("vault.json", data)

    with pytest.raises(Damaged, match=r"vault\.json cannot be read"):
        vault.claim(NOW)
    assert store.get("vault.json") == data


def test_a_vault_of_a_later_format_is_refused(store, vault):
    """It may keep things elsewhere."""
    store.put("vault.json", b'{"format": "aura-backup/vault/2", "id": "1"}')

    with pytest.raises(Permanent, match="vault/2; this version knows") as caught:
        vault.claim(NOW)
    assert "newer version" in caught.value.way_out


def test_a_probe_leaves_nothing_behind(store, vault):
    """It writes, reads, tries to overwrite, and deletes."""
    vault.probe()

    assert keys(store) == set()


def test_a_store_that_overwrites_is_refused(store):
    """There two exports could damage each other, and nobody would notice before a restore."""
    with pytest.raises(Refused, match="overwrites an object") as caught:
        vault_on(Overwriting(store)).probe()

    assert "If-None-Match" in caught.value.way_out
    assert keys(store) == set()


@pytest.mark.parametrize("name", ["create", "get", "delete"])
def test_a_probe_tells_what_exports_would_run_into(store, name):
    """The store's own error: a right that is missing, a network that is away."""
    denied = Forbidden(f"no right to {name}")

    with pytest.raises(Forbidden, match=name):
        vault_on(Denying(store, names=(name,), error=denied)).probe()


# --- given up -------------------------------------------------------------------------------------


def test_an_export_that_is_there_cannot_be_given_up(store, vault):
    """Nothing is written about it."""
    put_export(store, MADE)
    lost = MissingExport(MADE.export_id, MADE.instance.id, MADE.moment)

    with pytest.raises(Refused, match="not lost"):
        removal.forget(vault, lost, "by mistake", NOW)
    assert list(store.list(layout.JOURNAL)) == []


def test_an_export_that_is_given_up_is_in_the_journal_like_a_prune(store, vault):
    """Also when it was made, and lost, once more."""
    lost = MissingExport(MADE.export_id, MADE.instance.id, MADE.moment)
    removal.forget(vault, lost, "a lifecycle rule", NOW)
    removal.forget(vault, lost, "and again", NOW + timedelta(days=1))

    ended = EffectJournal(vault, FakeClock(NOW)).read().ended
    assert [(each.kind, each.state, each.reason) for each in ended] == [
        ("PruneObjects", "done", "a lifecycle rule"),
        ("PruneObjects", "done", "and again"),
    ]


# --- one export -----------------------------------------------------------------------------------


def test_an_export_exists_when_its_manifest_does(store, vault):
    """Its parts alone are nothing."""
    put_parts(store, MADE)
    assert vault.find(MADE.export_id) is None
    assert vault.exports() == ()

    assert vault.commit(MADE)
    assert vault.find(MADE.export_id) == MADE


def test_an_export_is_committed_once(store, vault):
    """Whoever comes second is told so, and what was committed stays as it was."""
    put_export(store, MADE)

    assert not vault.commit(made_export(marks=("cc", "dd")))
    assert vault.get(MADE.export_id) == MADE


def test_whose_answer_was_lost_is_not_told_that_another_one_was_quicker(store):
    """The store did it, its answer broke off, the library asked again: it is there, and ours."""
    vault = vault_on(Forgetful(store))

    assert vault.commit(MADE)
    assert not vault.commit(made_export(marks=("cc", "dd")))
    vault.probe()


def test_of_two_who_commit_at_once_one_wins(tmp_path):
    """And the manifest that lies there is the winner's, whole."""
    for turn in range(10):
        vaults = [vault_on(open_store(str(tmp_path / str(turn)))) for _ in range(2)]
        tries = [made_export(marks=("aa", "bb")), made_export(marks=("cc", "dd"))]
        start = Barrier(2)

        def commit(number, vaults=vaults, tries=tries, start=start):
            start.wait()
            return vaults[number].commit(tries[number])

        with ThreadPoolExecutor(2) as pool:
            won = list(pool.map(commit, range(2)))
        assert sorted(won) == [False, True]
        assert vaults[0].get(MADE.export_id) == tries[won.index(True)]


@pytest.mark.parametrize("instance_id", ["", "ab12cd34"])
def test_an_export_is_found_by_its_id_or_the_only_beginning(store, vault, instance_id):
    """With and without knowing whose it is."""
    put_export(store, MADE)
    put_export(store, OTHER)

    assert vault.find(MADE.export_id, instance_id) == MADE
    assert vault.find(MADE.export_id[:14], instance_id) == MADE
    assert vault.find("nothing", instance_id) is None
    assert vault.find("", instance_id) is None


def test_an_adopted_file_is_found_like_an_export(store, vault):
    """Also when the instance is known: it lies elsewhere."""
    folder = layout.file_folder("ab12cd34", "orders", MOMENT, "dump-1")
    adopted = replace(
        MADE,
        key=f"{folder}/{layout.MANIFEST}",
        export_id=layout.export_id("ab12cd34", "dump-1"),
        method="file",
        parts=(),
    )
    vault.commit(adopted)

    assert vault.find("ab12cd34-dump-1", "ab12cd34") == adopted
    assert manifests(vault) == [adopted]


def test_a_beginning_that_fits_several_is_refused_with_their_ids(store, vault):
    """Unless one of them is called exactly like that."""
    short, long = made_export(copy_id="snap"), made_export(copy_id="snap-2")
    put_export(store, short)
    put_export(store, long)

    with pytest.raises(Refused, match=f"{short.export_id}, {long.export_id}"):
        vault.find("ab12cd34")
    assert vault.find(short.export_id) == short


def test_an_instance_that_was_renamed_keeps_its_exports(store, vault):
    """The id counts, not the name in the folder."""
    put_export(store, made_export(name="orders-old"))

    assert vault.find(MADE.export_id, "ab12cd34").instance.name == "orders-old"


def test_of_two_folders_of_one_export_always_the_same_one_is_taken(store, vault):
    """An instance was renamed between two tries that both ended: that is not ambiguous."""
    put_export(store, made_export(name="b"))
    first = put_export(store, made_export(name="a"))

    assert vault.find(MADE.export_id) == first
    assert vault.find(MADE.export_id[:14]) == first


def test_an_export_that_must_be_there_and_is_not_names_the_vault(vault):
    """And where to look."""
    with pytest.raises(NotFound, match="memory:// has no export 'x'") as caught:
        vault.get("x")
    assert "aura-backup ls" in caught.value.way_out


def test_not_being_able_to_look_is_not_none(store):
    """The store is away: that says nothing about the export."""
    put_export(store, MADE)

    for name in ("list", "get"):
        with pytest.raises(Transient):
            vault_on(Denying(store, names=(name,))).find(MADE.export_id)


# --- listing --------------------------------------------------------------------------------------


def test_exports_are_listed_by_the_age_of_their_data(store, vault):
    """Across time zones, whatever order they were made in."""
    east = made_export(copy_id="east", moment=MOMENT + timedelta(hours=1))
    zoned = SnapshotFacts("east", "2026-03-29T09:30:07+07:00")
    east = replace(east, snapshot=zoned)
    late = made_export(copy_id="late", moment=MOMENT + timedelta(hours=2))
    for made in (late, MADE, east, OTHER):
        put_export(store, made)

    assert manifests(vault) == [OTHER, MADE, east, late]


def test_a_damaged_manifest_is_a_row_that_says_so(store, vault):
    """It hides neither itself nor the others."""
    put_export(store, MADE)
    store.put(OTHER.key, b"{")

    damaged, sound = vault.exports()
    assert damaged.manifest is None
    assert damaged.folder == OTHER.folder
    assert f"Manifest {OTHER.key} is damaged" in damaged.problem
    assert sound.manifest == MADE
    assert sound.problem == ""


def test_a_manifest_that_a_person_moved_is_a_row_that_says_so(store, vault):
    """A level deeper or higher: it is no export any more, and its data is not called abandoned."""
    put_export(store, MADE)
    moved = f"exports/old/{MADE.key}"
    store.put(moved, manifest.to_json(MADE))
    store.put("exports/manifest.json", manifest.to_json(MADE))

    assert [row.key for row in vault.exports() if row.problem] == ["exports/manifest.json", moved]
    assert vault.find(MADE.export_id) == MADE
    with pytest.raises(Damaged):
        vault.orphans(LATER)


def test_what_was_pruned_while_it_was_listed_is_not_invented(store):
    """Its key was seen, its manifest is gone."""
    put_export(store, MADE)
    gone = Denying(store, names=("get",), error=NotFound("There is no such object."))

    assert vault_on(gone).exports() == ()


@pytest.mark.parametrize("error", [Transient("away"), BadCredentials("expired"), Forbidden("no")])
def test_a_listing_that_cannot_see_everything_is_an_error(store, error):
    """Not a shorter list, and not a list of damaged exports."""
    put_export(store, MADE)

    for name in ("list", "get"):
        with pytest.raises(type(error)):
            vault_on(Denying(store, names=(name,), error=error)).exports()


# --- the catalog ----------------------------------------------------------------------------------


def test_a_second_listing_reads_the_catalog_only(store, vault):
    """Thousands of manifests are far away."""
    put_export(store, MADE)
    put_export(store, OTHER)
    vault.exports()

    watched = Recording(store)
    assert manifests(vault_on(watched)) == [OTHER, MADE]
    assert [key for name, key in watched.calls if name == "get"] == [layout.CATALOG]
    assert not [key for name, key in watched.calls if name == "put"]


def test_of_one_instance_only_its_folders_are_listed(store, vault):
    """And the catalog is used and not written: it is of all instances."""
    put_export(store, MADE)
    put_export(store, OTHER)
    vault.exports()
    store.delete(OTHER.key)
    watched = Recording(store)

    rows = vault_on(watched).exports(MADE.instance.id)
    assert [row.manifest for row in rows] == [MADE]
    assert [key for name, key in watched.calls if name == "get"] == [layout.CATALOG]
    assert ("list", "exports") not in watched.calls
    assert not [key for name, key in watched.calls if name == "put"]
    assert vault_on(watched).exports("nobody") == ()


def test_a_stale_catalog_neither_hides_nor_invents(store, vault):
    """One export came, one went since it was written; afterwards it is right again."""
    put_export(store, OTHER)
    vault.exports()
    put_export(store, MADE)
    removal.prune(vault, OTHER, "test", NOW)

    assert manifests(vault) == [MADE]
    assert set(json.loads(store.get(layout.CATALOG))["manifests"]) == {MADE.key}


def test_an_export_that_the_catalog_invents_is_not_shown(store, vault):
    """What is listed comes from the manifests."""
    put_export(store, OTHER)
    put_export(store, MADE)
    vault.exports()
    store.delete(OTHER.key)

    assert manifests(vault) == [MADE]


def test_a_manifest_that_was_damaged_after_it_was_remembered_is_read_again(store, vault):
    """The catalog must not show an export whose manifest is cut."""
    put_export(store, MADE)
    vault.exports()
    store.put(MADE.key, manifest.to_json(MADE)[:-20])

    assert vault.exports()[0].manifest is None


def catalog_with(changed):
    return json.dumps({"manifests": changed}).encode()


TEXT = manifest.to_json(MADE).decode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"null",
        b"[" * 100_000,
        catalog_with(None),
        catalog_with([]),
        catalog_with({MADE.key: None}),
        catalog_with({MADE.key: "x"}),
        catalog_with({MADE.key: ["state", 5]}),
        catalog_with({MADE.key: ["state", "{}"]}),
        catalog_with({MADE.key: ["state", TEXT.replace('"rows": 10', '"rows": 99')]}),
        catalog_with({OTHER.key: ["state", TEXT]}),
        catalog_with({"../../x": ["state", TEXT]}),
    ],
)
def test_whatever_the_catalog_says_the_manifests_are_shown(store, vault, data):
    """Garbage, a forged entry, another export's: each is read from its manifest."""
    put_export(store, MADE)
    put_export(store, OTHER)
    store.put(layout.CATALOG, data)

    assert manifests(vault) == [OTHER, MADE]
    assert set(json.loads(store.get(layout.CATALOG))["manifests"]) == {MADE.key, OTHER.key}


def test_a_reader_without_the_right_to_write_sees_everything(store):
    """The catalog is for speed alone."""
    put_export(store, MADE)
    denied = Denying(store, names=("put",), error=Forbidden("no right to write"))

    assert manifests(vault_on(denied)) == [MADE]


# --- what is left over ----------------------------------------------------------------------------


def test_sweeping_removes_what_earlier_tries_left_beside_an_export(store, vault):
    """And nothing of the export, nor of a neighbour whose name begins alike."""
    put_parts(store, made_export(marks=("cc", "dd")))
    neighbour = put_export(store, made_export(copy_id=f"{MADE.export_id[9:]}-2"))
    put_export(store, MADE)
    before = data_keys(store)

    assert vault.sweep(MADE) == 2
    leftover = {part.key for part in made_export(marks=("cc", "dd")).parts}
    assert data_keys(store) == before - leftover
    assert vault.get(neighbour.export_id) == neighbour
    assert vault.sweep(MADE) == 0


def orphan_keys(vault, now=LATER, **options):
    return {each.key for each in vault.orphans(now, **options)}


def test_orphans_are_what_no_manifest_names(store, vault):
    """Parts of a try that never ended, and what one left beside an export."""
    put_export(store, MADE)
    left = made_export(marks=("cc", "dd"))
    put_parts(store, left)
    put_parts(store, OTHER)
    store.put("vault.json", b"{}")
    store.put("journal/x/intent.json", b"{}")
    store.put("elsewhere/holiday.jpg", b"not ours")

    expected = {part.key for part in (*left.parts, *OTHER.parts)}
    assert orphan_keys(vault) == expected
    vault.remove(vault.orphans(LATER))
    assert orphan_keys(vault) == set()
    assert "elsewhere/holiday.jpg" in keys(store)
    assert manifests(vault) == [MADE]


def test_what_may_belong_to_an_export_under_way_is_no_orphan(store, vault):
    """A folder where something was written within a day, however old its first part is."""
    put_parts(store, MADE)
    written = max(each.modified for each in store.list("exports"))

    assert orphan_keys(vault, written + DAY - timedelta(seconds=1)) == set()
    assert orphan_keys(vault, written + DAY + timedelta(seconds=1))
    assert orphan_keys(vault, written + timedelta(seconds=2), older_than=timedelta(seconds=1))


def test_a_new_part_keeps_the_old_ones_of_its_folder(tmp_path):
    """A big export may take longer than a day."""
    store = open_store(str(tmp_path))
    put_parts(store, MADE)
    put_parts(store, OTHER)
    newest = max(each.modified for each in store.list("exports"))
    for part in (MADE.parts[0], *OTHER.parts):
        age_file(tmp_path / part.key, newest - 3 * DAY)

    assert orphan_keys(vault_on(store), newest) == {part.key for part in OTHER.parts}


def age_file(path, moment):
    os.utime(path, (moment.timestamp(), moment.timestamp()))


def test_beside_a_damaged_manifest_nothing_is_called_an_orphan(store, vault):
    """What it named is unknown, here and, for all we know, elsewhere."""
    put_parts(store, OTHER)
    put_parts(store, MADE)
    store.put(MADE.key, b"{")

    with pytest.raises(Damaged):
        vault.orphans(LATER)


def test_nothing_is_called_an_orphan_on_a_listing_that_broke_off(store):
    """Or with a manifest that could not be read."""
    put_export(store, MADE)

    for name in ("list", "get"):
        with pytest.raises(Transient):
            vault_on(Denying(store, names=(name,))).orphans(LATER)


def test_an_export_that_was_committed_meanwhile_keeps_its_objects(store, vault):
    """Between looking for orphans and removing them an export may come to exist."""
    put_parts(store, MADE)
    put_parts(store, OTHER)
    found = vault.orphans(LATER)
    vault.commit(MADE)

    vault.remove(found)

    assert data_keys(store) == {MADE.key, *(part.key for part in MADE.parts)}


# --- pruning --------------------------------------------------------------------------------------


def pruned_cleanly(store, made):
    """Whether nothing of it is left, and the journal says what was done and why."""
    journal = {each.key for each in store.list("journal")}
    intents = [key for key in journal if key.endswith("/intent.json")]
    assert len(intents) == 1
    assert journal == {*intents, intents[0].replace("intent", "outcome")}
    intent = json.loads(store.get(intents[0]))
    assert intent["objects"] == [made.key, *(part.key for part in made.parts)]
    assert intent["facts"] == {"reason": "daily: 8 kept"}
    assert intent["began_at"] == NOW.isoformat()
    return not any(made.folder in key for key in data_keys(store))


def prune(store, made=MADE):
    removal.prune(vault_on(store), made, "daily: 8 kept", NOW)


def test_pruning_removes_one_export_and_no_other(store, vault):
    """What was done and why stays in the journal."""
    put_export(store, MADE)
    put_export(store, OTHER)

    prune(store)

    assert pruned_cleanly(store, MADE)
    assert manifests(vault) == [OTHER]
    assert vault.orphans(LATER) == ()


def test_an_export_stops_existing_before_its_data_goes(store):
    """And before anything is deleted the intent is written: no export ever lacks a part."""
    put_export(store, MADE)
    watched = Recording(store)

    prune(watched)

    names = [name for name, _ in watched.calls]
    assert names == ["create", "delete", "delete", "delete", "create"]
    assert watched.calls[1] == ("delete", MADE.key)


CALLS_OF_A_PRUNING = 5


@pytest.mark.parametrize("done", [False, True], ids=["not done", "answer lost"])
@pytest.mark.parametrize("at", range(1, CALLS_OF_A_PRUNING + 1))
def test_a_pruning_cut_short_anywhere_is_ended_by_the_next_one(store, vault, at, done):
    """In between there is a whole export or none; afterwards nothing of it, and one record."""
    put_export(store, MADE)
    put_export(store, OTHER)

    with pytest.raises(AuraError):
        prune(Breaking(store, at=at, done=done))
    for made in manifests(vault):
        assert {part.key for part in made.parts} <= keys(store)

    prune(store)
    assert pruned_cleanly(store, MADE)
    assert manifests(vault) == [OTHER]


@pytest.mark.parametrize("at", range(1, CALLS_OF_A_PRUNING + 1))
def test_what_a_pruning_cut_short_leaves_is_found_without_it(store, vault, at):
    """Another process, which does not have the manifest any more, sees orphans or an export."""
    put_export(store, MADE)
    with pytest.raises(AuraError):
        prune(Breaking(store, at=at))

    if at > 2:
        vault.remove(vault.orphans(LATER))
        assert data_keys(store) == set()
    else:
        assert manifests(vault) == [MADE]


@pytest.mark.parametrize("at", range(3, CALLS_OF_A_PRUNING + 1))
def test_a_pruning_cut_short_is_ended_from_its_intent(store, vault, at):
    """By whoever has the journal and no manifest any more."""
    put_export(store, MADE)
    put_export(store, OTHER)
    with pytest.raises(AuraError):
        prune(Breaking(store, at=at))
    (intent,) = store.list(layout.JOURNAL)

    removal.go_on(vault, intent.key.rpartition("/")[0], NOW)

    assert pruned_cleanly(store, MADE)
    assert manifests(vault) == [OTHER]


def test_an_intent_takes_nothing_that_an_export_has(store, vault):
    """Whatever it says, and nothing that is no export's data at all."""
    put_export(store, MADE)
    store.put("vault.json", b"{}")
    objects = [MADE.key, *(part.key for part in MADE.parts), "vault.json", "policies/x/1.json"]
    content = {"objects": objects, "facts": {"reason": "daily"}}
    store.put("journal/prune-x/intent.json", json.dumps(content).encode())
    before = data_keys(store)

    removal.go_on(vault, "journal/prune-x", NOW)
    assert data_keys(store) == before
    assert store.get("vault.json") == b"{}"


def test_an_intent_that_makes_no_sense_removes_nothing(store, vault):
    """It is named."""
    store.put("journal/prune-x/intent.json", b'{"objects": [5], "facts": {"reason": ""}}')
    with pytest.raises(Damaged, match="prune-x"):
        removal.go_on(vault, "journal/prune-x", NOW)


def test_an_export_that_was_made_again_is_pruned_again(store):
    """The journal keeps both."""
    put_export(store, MADE)
    prune(store)
    again = replace(MADE, completed_at="2026-03-31T00:00:00+00:00")
    put_export(store, again)

    prune(store, again)

    assert data_keys(store) == set()
    assert len(list(store.list("journal"))) == 4
