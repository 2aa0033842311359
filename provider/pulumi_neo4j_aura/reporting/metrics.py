"""What the daemon tells Prometheus. The only module that knows prometheus_client."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from pulumi_neo4j_aura.planning.plan import InstanceStatus, Plan

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_ONE: Final = ("policy", "instance", "instance_id")


class Metrics:
    """Gauges of the newest pass and counters over all of them. Thread-safe as its library is."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._findings = self._gauge("findings", "Findings now.", "policy", "code", "severity")
        self._copy = self._gauge(
            "newest_copy_timestamp_seconds", "Moment of the newest copy that counts.", *_ONE
        )
        self._export = self._gauge(
            "newest_export_timestamp_seconds", "Moment of the newest good export.", *_ONE
        )
        self._rpo = self._gauge("rpo_used_ratio", "Age of the newest copy over the RPO.", *_ONE)
        self._last = self._gauge("last_pass_timestamp_seconds", "When the last pass ended.")
        self._good = self._gauge("last_pass_success", "1: the last pass could be made.")
        self._next = self._gauge("next_pass_timestamp_seconds", "When the next pass is due.")
        self._actions = Counter(
            "aura_backup_actions",
            "Actions by outcome.",
            ("kind", "outcome"),
            registry=self.registry,
        )

    def _gauge(self, name: str, told: str, *labels: str) -> Gauge:
        return Gauge(f"aura_backup_{name}", told, labels, registry=self.registry)

    def passed(self, at: datetime, next_at: datetime, *, success: bool) -> None:
        """A pass ended."""
        self._last.set(at.timestamp())
        self._next.set(next_at.timestamp())
        self._good.set(1 if success else 0)

    def seen(self, plan: Plan) -> None:
        """What the pass saw; what is gone from the plan is gone from the gauges."""
        for gauge in (self._findings, self._copy, self._export, self._rpo):
            gauge.clear()
        for finding in plan.findings:
            self._findings.labels(finding.policy, finding.code, finding.severity.value).inc()
        for status in plan.statuses:
            self._status(status)

    def acted(self, kinds_and_outcomes: Iterable[tuple[str, str]]) -> None:
        """Actions that ended."""
        for kind, outcome in kinds_and_outcomes:
            self._actions.labels(kind, outcome).inc()

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)

    def _status(self, status: InstanceStatus) -> None:
        labels = (status.policy, status.instance_name, status.instance_id)
        if status.newest_copy is not None:
            self._copy.labels(*labels).set(status.newest_copy.timestamp())
        if status.newest_export is not None:
            self._export.labels(*labels).set(status.newest_export.timestamp())
        if status.rpo_used is not None:
            self._rpo.labels(*labels).set(status.rpo_used)
