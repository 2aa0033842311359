"""A plan for people and for programs: a table, Markdown for a pull request, JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final, assert_never

from rich import box
from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pulumi_neo4j_aura.planning import checksum
from pulumi_neo4j_aura.planning.diff import FieldChange
from pulumi_neo4j_aura.planning.plan import (
    Action,
    DeleteClone,
    ExportSnapshot,
    Finding,
    Plan,
    PruneExport,
    RecreateInstance,
    RefusedAction,
    TakeSnapshot,
)

FORMAT: Final = "aura-backup/plan/1"

#: So many of those that are refused alike are shown to people.
_ALIKE: Final = 5

_COLOURS: Final = {
    "critical": "bold red",
    "warning": "yellow",
    "unknown": "magenta",
    "info": "cyan",
}

_VERBS: Final[Mapping[type, str]] = {
    TakeSnapshot: "take snapshot",
    ExportSnapshot: "export",
    PruneExport: "prune",
    DeleteClone: "delete clone",
    RecreateInstance: "create again",
}


def verb(action: Action) -> str:
    """What an action does, in the words of this tool."""
    return verb_of(type(action))


def verb_of(kind: type[Action]) -> str:
    """The same of a kind of action; it names the kind in JSON."""
    return _VERBS[kind]


def object_of(action: Action) -> str:
    """What an action does it to."""
    match action:
        case TakeSnapshot():
            return ""
        case ExportSnapshot(take=True):
            return "a new snapshot"
        case ExportSnapshot(snapshot_id=""):
            return "the running instance"
        case ExportSnapshot():
            return action.snapshot_id
        case PruneExport() | RecreateInstance():
            return action.export_id
        case DeleteClone():
            return action.instance_id
        case _:
            assert_never(action)


def price_of(action: Action) -> str:
    """What it is billed by, as far as that is known."""
    if isinstance(action, ExportSnapshot) and action.gigabytes:
        return f"a clone of {action.gigabytes:g} GB while it lasts"
    return ""


# --- JSON -------------------------------------------------------------------------------------


def to_json(plan: Plan) -> dict[str, Any]:
    """The whole plan; fields are added in later versions, never changed."""
    return {
        "format": FORMAT,
        "checksum": checksum.of(plan),
        "at": plan.at.isoformat(),
        "policies": [{"name": name, "version": version} for name, version in plan.policies],
        "actions": [_action(each) for each in plan.actions],
        "refused": [
            {
                **_action(each.action),
                "guard": each.guard,
                "refused": each.reason,
                "approvable": each.approvable,
            }
            for each in plan.refused
        ],
        "slots": [_plain(each) for each in plan.slots],
        "kept": [_plain(each) for each in plan.kept],
        "findings": [_plain(each) for each in plan.findings],
        "statuses": [_plain(each) for each in plan.statuses],
        "next_due": plan.next_due.isoformat() if plan.next_due else None,
    }


def _action(action: Action) -> dict[str, Any]:
    return {"action": verb(action), "key": action.key, **_plain(action)}


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _plain(part) for key, part in asdict(value).items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


# --- for people -------------------------------------------------------------------------------


def table(plan: Plan) -> Group:
    """What would be done and why, what is refused, and what falls short."""
    parts: list[Table | Text] = []
    if plan.actions or plan.refused:
        parts.append(_actions(plan))
    parts += [Text.from_markup(line) for line in _lines(plan)]
    return Group(*parts)


def _actions(plan: Plan) -> Table:
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("", "what", "instance", "of", "why"):
        made.add_column(title, overflow="fold")
    for action in plan.actions:
        why = "; ".join(filter(None, (action.reason, price_of(action))))
        made.add_row("[green]+[/]", *_cells(action), escape(why))
    for each, more in _folded(plan.refused):
        why = f"{each.reason} [{each.guard}]"
        made.add_row("[red]x[/]", *_cells(each.action), escape(why))
        if more:
            made.add_row("[red]x[/]", verb(each.action), "", f"{more} more", "for the same reason")
    return made


def _folded(refused: Iterable[RefusedAction]) -> Iterator[tuple[RefusedAction, int]]:
    """The first few of those that are refused for the same reason, the last one with how many more.

    A guard may refuse thousands of prunes at once, and one page must still show what is done.
    """
    groups: dict[tuple[str, str, str], list[RefusedAction]] = {}
    for each in refused:
        groups.setdefault((verb(each.action), each.guard, each.reason), []).append(each)
    for group in groups.values():
        shown = group[:_ALIKE]
        yield from ((each, 0) for each in shown[:-1])
        yield shown[-1], len(group) - len(shown)


def _cells(action: Action) -> tuple[str, str, str]:
    return verb(action), escape(action.instance_name), escape(object_of(action))


def _lines(plan: Plan) -> Iterator[str]:
    for finding in plan.findings:
        yield _line(finding)
    count, refused = len(plan.actions), len(plan.refused)
    if not count and not refused:
        yield "Nothing is to be done now."
    else:
        done = f"{count} {'action' if count == 1 else 'actions'} to be done"
        yield f"{done}, {refused} refused; checksum {checksum.of(plan)}"
    if plan.next_due is not None:
        yield f"Something is due next at {plan.next_due:%Y-%m-%d %H:%M}Z."


def _line(finding: Finding) -> str:
    colour = _COLOURS[finding.severity.value]
    name = finding.instance_name or finding.instance_id or finding.policy
    told = " ".join(filter(None, (f"{name}:" if name else "", _sentence(finding), finding.way_out)))
    return f"[{colour}]{finding.severity.value}[/] {escape(told)} {escape(f'[{finding.code}]')}"


def _sentence(finding: Finding) -> str:
    """Its message; what others said in it may end without a full stop."""
    return finding.message if finding.message.endswith((".", "!", "?")) else f"{finding.message}."


def told(differences: Sequence[FieldChange]) -> str:
    """What differs between two plans, as the middle of a sentence; empty: nothing."""
    said = [_change(each) for each in differences[:_ALIKE]]
    more = len(differences) - len(said)
    said += [f"and {more} more"] if more else []
    return f": {', '.join(said)}" if said else ""


def _change(change: FieldChange) -> str:
    if change.old is None or change.new is None:
        return f"{change.field} is {'new' if change.old is None else 'no longer there'}"
    return f"{change.field} has changed"


def markdown(plan: Plan) -> str:
    """The same for a pull request or a job's summary."""
    lines = [f"### Backup plan `{checksum.of(plan)}`", ""]
    if plan.actions or plan.refused:
        lines += ["| | what | instance | of | why |", "| --- | --- | --- | --- | --- |"]
    for action in plan.actions:
        why = "; ".join(filter(None, (action.reason, price_of(action))))
        lines.append(_row("do", action, why))
    for each, more in _folded(plan.refused):
        lines.append(_row("**refused**", each.action, each.reason, each.guard))
        if more:
            lines.append(f"| **refused** | {verb(each.action)} | | {more} more | as above |")
    if not plan.actions and not plan.refused:
        lines.append("Nothing is to be done now.")
    lines.append("")
    for finding in plan.findings:
        name = finding.instance_name or finding.instance_id or finding.policy
        told = (
            f"**{finding.severity.value}**",
            f"{_cell(name)}:" if name else "",
            _cell(_sentence(finding)),
            finding.way_out,
            f"`{finding.code}`",
        )
        lines.append(f"- {' '.join(filter(None, told))}")
    return "\n".join(lines).rstrip() + "\n"


def _row(word: str, action: Action, why: str, guard: str = "") -> str:
    cells = map(_cell, (action.instance_name, object_of(action), why))
    return f"| {word} | {verb(action)} | {' | '.join(cells)}{f' `{guard}`' if guard else ''} |"


def _cell(text: str) -> str:
    """Text that cannot end its cell or become markup."""
    kept = " ".join(text.split())
    for each in "\\|<>`*_[]~":
        kept = kept.replace(each, f"\\{each}")
    return kept
