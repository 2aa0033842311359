"""What earlier looks saw, so that this one need not ask again. A cache: losing it costs calls."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Protocol

from pulumi_neo4j_aura.domain.instance import InstanceSummary
from pulumi_neo4j_aura.domain.plain import plain
from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.errors import AuraError
from pulumi_neo4j_aura.vault import layout
from pulumi_neo4j_aura.vault.recent import Recent
from pulumi_neo4j_aura.vault.vault import Vault

_FORMAT: Final = 2


@dataclass(frozen=True, slots=True)
class SeenInstance:
    """One instance as it was seen last.

    Attributes:
        got_at: when Aura was asked for the instance itself (type, memory); None: never.
        asked_at: when Aura was asked for its snapshots; None: never.
        passed_over: days before `asked_at` that were not asked for to their end, because newer
            ones had told enough; the newest first.
        gone_at: when it was certainly gone; None: it was there.
        touched: whether something was done with it since, so that it must be looked at again.
    """

    id: str
    name: str
    project_id: str
    type: str = ""
    status: str = ""
    memory: str | None = None
    created_at: datetime | None = None
    snapshots: tuple[Snapshot, ...] = ()
    got_at: datetime | None = None
    asked_at: datetime | None = None
    passed_over: tuple[date, ...] = ()
    gone_at: datetime | None = None
    touched: bool = False


@dataclass(frozen=True, slots=True)
class SeenProject:
    """One project's list as it was seen last; `id` empty: the list of everything visible."""

    id: str
    rows: tuple[InstanceSummary, ...]
    listed_at: datetime


class Memory(Protocol):
    """Where earlier looks are kept. Nothing here may fail an observation."""

    def instance(self, instance_id: str) -> SeenInstance | None:
        """What was seen of an instance, if anything was."""
        ...

    def project(self, project_id: str) -> SeenProject | None:
        """What was listed of a project, if it ever was."""
        ...

    def keep_instance(self, seen: SeenInstance) -> None:
        """Remember an instance."""
        ...

    def keep_project(self, seen: SeenProject) -> None:
        """Remember a project's list."""
        ...

    def forget_lists(self) -> None:
        """Instances were made or deleted: what was listed is old."""
        ...

    def save(self) -> None:
        """Make what was kept outlive this process, where that is possible."""
        ...


@dataclass
class ProcessMemory:
    """Remembers for as long as the process lives."""

    instances: dict[str, SeenInstance] = field(default_factory=dict)
    projects: dict[str, SeenProject] = field(default_factory=dict)

    def instance(self, instance_id: str) -> SeenInstance | None:
        """What was seen of an instance, if anything was."""
        return self.instances.get(instance_id)

    def project(self, project_id: str) -> SeenProject | None:
        """What was listed of a project, if it ever was."""
        return self.projects.get(project_id)

    def keep_instance(self, seen: SeenInstance) -> None:
        """Remember an instance."""
        self.instances[seen.id] = seen

    def keep_project(self, seen: SeenProject) -> None:
        """Remember a project's list."""
        self.projects[seen.id] = seen

    def forget_lists(self) -> None:
        """Instances were made or deleted: what was listed is old."""
        self.projects.clear()

    def save(self) -> None:
        """It does not outlive the process."""


_Seen = tuple[dict[str, SeenInstance], dict[str, SeenProject]]
#: What was read or written lately.
_READ: Final[Recent[_Seen]] = Recent()


class VaultMemory(ProcessMemory):
    """Remembers in the vault's catalog: one object, read once and written once a look.

    Another process may overwrite it with what it saw; nothing is decided by it that the next look
    would not see. Anything odd about it: nothing is remembered.
    """

    def __init__(self, vault: Vault | None) -> None:
        super().__init__()
        self._vault = vault
        self._before = self._load()

    def save(self) -> None:
        """Write it down; a reader without the right to write looks at more, that is all."""
        data = self._dump()
        if self._vault is None or data == self._before:
            return
        try:
            self._vault.store.put(layout.OBSERVED, data)
        except AuraError:
            return
        self._before = data
        _READ.keep(data, (dict(self.instances), dict(self.projects)))

    def _load(self) -> bytes:
        if self._vault is None:
            return b""
        try:
            data = self._vault.store.get(layout.OBSERVED)
            instances, projects = _READ.of(data, _read)
            self.instances, self.projects = dict(instances), dict(projects)
        except (AuraError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self.instances, self.projects = {}, {}
            return b""
        return data

    def _dump(self) -> bytes:
        content = {
            "format": _FORMAT,
            "instances": [each for _, each in sorted(self.instances.items())],
            "projects": [each for _, each in sorted(self.projects.items())],
        }
        return json.dumps(content, default=plain).encode(errors="surrogatepass")


def _read(data: bytes) -> _Seen:
    content = json.loads(data)
    if content["format"] != _FORMAT:
        raise ValueError(f"its format is {content['format']}")
    return (
        {each["id"]: _instance(each) for each in content["instances"]},
        {each["id"]: _project(each) for each in content["projects"]},
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _instance(content: dict[str, Any]) -> SeenInstance:
    times = {key: _time(content[key]) for key in ("created_at", "got_at", "asked_at", "gone_at")}
    found = [
        Snapshot(**{**each, "timestamp": _time(each["timestamp"])}) for each in content["snapshots"]
    ]
    days = tuple(date.fromisoformat(each) for each in content["passed_over"])
    return SeenInstance(**{**content, **times, "snapshots": tuple(found), "passed_over": days})


def _project(content: dict[str, Any]) -> SeenProject:
    rows = [
        InstanceSummary(**{**each, "created_at": _time(each["created_at"])})
        for each in content["rows"]
    ]
    return SeenProject(content["id"], tuple(rows), datetime.fromisoformat(content["listed_at"]))
