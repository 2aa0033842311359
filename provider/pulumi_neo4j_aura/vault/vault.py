"""What lies at a target: exports, each of which exists when its manifest exists.

Everything needed to restore and to go on lies in the vault itself. What is listed comes from the
manifests; the catalog only saves reading each of them again.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    Damaged,
    Forbidden,
    NotFound,
    Permanent,
    Refused,
)
from pulumi_neo4j_aura.vault import catalog, layout, manifest
from pulumi_neo4j_aura.vault.catalog import Kept
from pulumi_neo4j_aura.vault.manifest import Manifest
from pulumi_neo4j_aura.vault.recent import Recent
from pulumi_neo4j_aura.vault.store import Entry, Store

FORMAT: Final = "aura-backup/vault/1"

#: Manifests read at once: they are small, and a store is far away.
_READERS: Final = 16

#: An object without a manifest may belong to an export that is under way. When nothing came to its
#: folder for a day, it does not: parts take minutes.
ABANDONED: Final = timedelta(days=1)

_Known = Kept[Entry, Manifest]
#: What catalogs say that were read or written lately.
_READ: Final[Recent[Mapping[str, _Known]]] = Recent()

_TOPS: Final = (layout.EXPORTS, layout.FILES)


@dataclass(frozen=True, slots=True)
class Row:
    """One export in a listing; `problem` says why its manifest cannot be used, if it cannot."""

    key: str
    manifest: Manifest | None
    problem: str = ""

    @property
    def export_id(self) -> str:
        """The export's; where its manifest does not read, its key still says it."""
        return self.manifest.export_id if self.manifest else layout.id_at(self.key) or self.key

    @property
    def folder(self) -> str:
        """Where its objects lie."""
        return self.key.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Vault:
    """One vault. Thread-safe; holds nothing of what it saw."""

    store: Store

    # --- the vault itself ---------------------------------------------------------------------

    def claim(self, now: datetime, companions: Iterable[tuple[str, bytes]] = ()) -> str:
        """Make the place a vault, if it is none yet; its id.

        Args:
            now: when.
            companions: names and contents of the files that explain the vault to strangers.

        Raises:
            Permanent: it is a vault of a later format, or its `vault.json` is damaged.
        """
        body = {"format": FORMAT, "id": str(uuid.uuid4()), "created_at": now.isoformat()}
        self.store.create(layout.VAULT, _json(body))
        found = self.id()
        for name, content in companions:
            self.store.create(name, content)
        return found

    def id(self) -> str:
        """The vault's id.

        Raises:
            NotFound: the place is no vault.
            Permanent: it is a vault of a later format, or its `vault.json` is damaged.
        """
        try:
            content = json.loads(self.store.get(layout.VAULT))
            form, found = content["format"], str(content["id"])
        except (ValueError, TypeError, KeyError) as error:
            raise Damaged(
                f"{self.store.url}/{layout.VAULT} cannot be read ({error}).",
                way_out="Restore it from another copy of the vault.",
            ) from error
        if form != FORMAT:
            raise Permanent(
                f"The vault {self.store.url} has the format {form}; this version knows {FORMAT}.",
                way_out="Use a newer version of this tool.",
            )
        return found

    def probe(self) -> None:
        """Prove with a small object that it can be written, read, not overwritten, and deleted.

        Raises:
            AuraError: what does not work, and that is what exports would run into.
        """
        key, content = f"probe/{secrets.token_hex(8)}", secrets.token_bytes(32)
        self.store.create(key, content)
        try:
            again = self.store.create(key, b"another")
            if again or self.store.get(key) != content:
                raise Refused(
                    f"{self.store.url} overwrites an object that was to be written only once: two "
                    "exports could damage each other there.",
                    way_out="Use a store that honours If-None-Match, such as S3, Azure or GCS.",
                )
        finally:
            self.store.delete(key)

    # --- exports ------------------------------------------------------------------------------

    def find(self, export_id: str, instance_id: str = "") -> Manifest | None:
        """The export of this id, or None when there certainly is none.

        Args:
            export_id: as `layout.export_id` makes it, or its beginning where only one fits.
            instance_id: whose export it is, when that is known: then little is listed.

        Raises:
            Refused: several exports begin like this.
            AuraError: it could not be looked for, or its manifest is damaged.
        """
        if not export_id:
            return None
        # In order: an instance that was renamed between two tries has two folders for one export.
        keys = sorted((each.key for each in self.manifests(instance_id)), reverse=True)
        there = {layout.id_at(key): key for key in keys}
        if export_id in there:
            return self.read(there[export_id])
        fitting = sorted(each for each in there if each.startswith(export_id))
        if len(fitting) > 1:
            raise Refused(
                f"{len(fitting)} exports begin with {export_id!r}: {', '.join(fitting)}.",
                way_out="Write more of the id.",
            )
        return self.read(there[fitting[0]]) if fitting else None

    def get(self, export_id: str) -> Manifest:
        """As `find`, for an export that must be there.

        Raises:
            NotFound: there is none.
        """
        found = self.find(export_id)
        if found is None:
            raise NotFound(
                f"The vault {self.store.url} has no export {export_id!r}.",
                way_out="`aura-backup ls` shows what it has.",
            )
        return found

    def read(self, key: str) -> Manifest:
        """The manifest at a key.

        Raises:
            NotFound: there is none.
            Permanent: it is damaged, or of a later format.
        """
        return manifest.from_json(self.store.get(key), key)

    def exports(self, instance_id: str = "") -> tuple[Row, ...]:
        """Every export, oldest data first; a damaged manifest is a row of its own.

        Args:
            instance_id: only those that lie in this instance's folders: then little is listed.

        Raises:
            AuraError: the vault could not be listed whole.
        """
        remembered = self._catalog()
        listed = {each.key: each for each in self.manifests(instance_id)}
        known = {
            key: remembered[key]
            for key, shown in listed.items()
            if key in remembered and remembered[key].is_of(shown, _state)
        }
        read = self._rows(listed.keys() - known.keys())
        sound: dict[str, _Known] = {
            row.key: Kept(_state(listed[row.key]), row.manifest)
            for row in read
            if row.manifest is not None
        }
        if not instance_id and (sound or len(remembered) != len(known)):
            self._remember(known | sound)
        rows = [*(Row(key, kept.value) for key, kept in known.items()), *read]
        return tuple(sorted(rows, key=_age))

    def sizes(self) -> dict[str, int]:
        """Bytes of every object of every export, by key: one listing.

        Raises:
            AuraError: the vault could not be listed whole.
        """
        return {each.key: each.size for top in _TOPS for each in self.store.list(top)}

    def commit(self, made: Manifest) -> bool:
        """Make the export exist; whether it is this one. False: another one was quicker."""
        data = manifest.to_json(made)
        # A store whose answer was lost on the way is asked again, and then says that it is there.
        return self.store.create(made.key, data) or self.store.get(made.key) == data

    def sweep(self, made: Manifest) -> int:
        """Remove what earlier tries of an export that exists left in its folder; how many objects.

        Safe beside another try: whoever commits second finds that the export exists.
        """
        named = {made.key, *(part.key for part in made.parts)}
        leftover = [each.key for each in self.store.list(made.folder) if each.key not in named]
        for key in leftover:
            self.store.delete(key)
        return len(leftover)

    def orphans(self, now: datetime, older_than: timedelta = ABANDONED) -> tuple[Entry, ...]:
        """Objects of exports that do not exist, in folders where nothing is added any more.

        Raises:
            AuraError: the vault could not be listed whole, or a manifest not be read, so nothing
                is called an orphan.
        """
        entries = [each for top in _TOPS for each in self.store.list(top)]
        named = self.named(each for each in entries if _is_manifest(each))
        loose = [each for each in entries if each.key not in named]
        newest: dict[str, datetime] = {}
        for each in loose:
            folder = each.key.rpartition("/")[0]
            newest[folder] = max(each.modified, newest.get(folder, each.modified))
        return tuple(
            each for each in loose if now - newest[each.key.rpartition("/")[0]] >= older_than
        )

    def remove(self, entries: Iterable[Entry]) -> None:
        """Delete orphans, but none that an export names by now.

        Raises:
            AuraError: it is not certain what exports name, or not everything could be deleted.
        """
        named = self.named(self.manifests())
        for each in entries:
            if each.key not in named:
                self.store.delete(each.key)

    # --- listing ------------------------------------------------------------------------------

    def manifests(self, instance_id: str = "") -> Iterator[Entry]:
        """Every manifest as it is listed, or those of one instance.

        Raises:
            AuraError: the vault could not be listed whole.
        """
        for top in _TOPS:
            for folder in self._folders(top, instance_id) if instance_id else (top,):
                yield from filter(_is_manifest, self.store.list(folder))

    def _folders(self, top: str, instance_id: str) -> Iterator[str]:
        for name in self.store.folders(top):
            if layout.of_instance(name, instance_id):
                yield f"{top}/{name}"

    def named(self, manifests: Iterable[Entry]) -> set[str]:
        """The keys of these manifests and of all that they name; each is read, none remembered.

        Raises:
            AuraError: one of them cannot be read, so it is not certain what it names.
        """
        keys = [each.key for each in manifests]
        with ThreadPoolExecutor(_READERS) as pool:
            parts = [part.key for made in pool.map(self.read, keys) for part in made.parts]
        return {*keys, *parts}

    def _rows(self, keys: Collection[str]) -> list[Row]:
        """Those that are there still."""
        if not keys:
            return []
        with ThreadPoolExecutor(_READERS) as pool:
            return [row for row in pool.map(self._row, keys) if row is not None]

    def _row(self, key: str) -> Row | None:
        """One export; None when it was pruned since it was listed."""
        try:
            return Row(key, self.read(key))
        except NotFound:
            return None
        except (BadCredentials, Forbidden):
            raise
        except Permanent as error:
            return Row(key, None, error.message)

    def _catalog(self) -> Mapping[str, _Known]:
        """What is remembered of manifests, with their state when they were read.

        Anything odd about it: nothing. It saves reading, and must not decide anything.
        """
        try:
            return _READ.of(self.store.get(layout.CATALOG), _known)
        except (AuraError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return {}

    def _remember(self, found: Mapping[str, _Known]) -> None:
        data = catalog.dump("manifests", found)
        try:
            self.store.put(layout.CATALOG, data)
            _READ.keep(data, found)
        except AuraError:
            return  # a reader without the right to write sees everything all the same


def _known(data: bytes) -> Mapping[str, _Known]:
    return {
        key: Kept(state, manifest.from_content(made, key))
        for key, (state, made) in json.loads(data)["manifests"].items()
    }


def _is_manifest(entry: Entry) -> bool:
    """Also where no manifest belongs: what a person moved must not pass for abandoned."""
    return entry.key.endswith(f"/{layout.MANIFEST}")


def _state(entry: Entry) -> str:
    """What changes when somebody replaces or cuts an object; its bytes are not looked at."""
    return f"{entry.size} {entry.modified.isoformat()}"


def _age(row: Row) -> tuple[float, str]:
    return (row.manifest.moment.timestamp() if row.manifest else 0.0, row.key)


def _json(content: dict[str, Any]) -> bytes:
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    return text.encode(errors="surrogatepass")
