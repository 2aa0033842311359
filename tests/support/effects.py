"""A journal of effects to test with, and all that can be read from it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pulumi_neo4j_aura.domain.slot import Ended, Slot, SlotOutcome
from pulumi_neo4j_aura.vault.effects import EffectJournal, Wish
from pulumi_neo4j_aura.vault.vault import Vault

DUE = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
RULE = "exports 0 2 * * * UTC"
PLACE = ("production", RULE, "ab12cd34")


def slot(days: int = 0, instance_id: str = "ab12cd34") -> Slot:
    """A slot of a daily rule."""
    due = DUE + timedelta(days=days)
    return Slot("production", RULE, instance_id, due, due)


def wish(days: int = 0, **fields: Any) -> Wish:
    """An export that is due."""
    told: dict[str, Any] = {
        "key": f"export {slot(days).id}",
        "kind": "ExportSnapshot",
        "policy": "production",
        "instance_id": "ab12cd34",
        "facts": {"reason": "it is due"},
        "slot": slot(days),
    }
    return Wish(**{**told, **fields})


def prune(export_id: str = "ab12cd34-snapshot-1") -> Wish:
    """A prune that was decided on."""
    key = f"prune memory:// {export_id}"
    return wish(key=key, kind="PruneExport", slot=None, once=False)


def missed(days: int = 0, count: int = 1) -> SlotOutcome:
    """A slot that nobody ran."""
    return SlotOutcome(slot(days), Ended.MISSED, "nobody was there", count)


def journal(store: Any, clock: Any) -> EffectJournal:
    """The journal on a store, which may be one that misbehaves."""
    return EffectJournal(Vault(store), clock)


def answers(found: EffectJournal) -> dict[str, Any]:
    """All that a plan takes from a journal."""
    said = found.read()
    return {
        "pasts": said.pasts(),
        "deletes": said.deletes_since(DUE - timedelta(days=365)),
        "restore_seconds": said.restore_seconds(),
        "recreated": said.recreated(),
        "missing": said.missing(()),
        "unfinished": [(each.id, each.key, each.began_at) for each in said.unfinished],
    }


def eventful(store: Any, clock: Any) -> EffectJournal:
    """A journal with something of everything."""
    made = journal(store, clock)
    for days, (state, facts) in enumerate(
        [
            ("done", {"restore_seconds": "61.5", "export_id": "x-1", "moment": DUE.isoformat()}),
            ("failed", {}),
            ("skipped", {}),
            ("done", {"recreated": "old00000", "instance_id": "new00000"}),
        ]
    ):
        made.finish(made.begin(wish(days), 1), state, f"for {state}", facts)
        clock.sleep(60)
    made.settle([missed(4), missed(5, count=3)])
    made.finish(made.begin(prune(), 1), "done", "pruned", {})
    made.begin(wish(6), 1)
    return made
