"""What projects offer, asked once per process: it changes rarely and a stack checks it often."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from pulumi_neo4j_aura.domain.project import Project


@dataclass(slots=True)
class Projects:
    """Projects by id. One thread asks, the others wait for its answer; errors are not kept."""

    fetch: Callable[[str], Project]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[str, Project] = field(default_factory=dict)

    def get(self, project_id: str) -> Project:
        """The project with everything that it may create."""
        with self._lock:
            if project_id not in self._known:
                self._known[project_id] = self.fetch(project_id)
            return self._known[project_id]
