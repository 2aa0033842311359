"""Names of instances, and the pending name that makes a lost create findable from any machine.

Aura has no labels and no idempotency key, so the name is the only place where a mark of ownership
can live. An instance is created as `<slug>~<owner>` and renamed once it is safely in the state.
"""

from __future__ import annotations

import hashlib
import re

#: v1 document, POST /instances: "maxLength: 30".
LONGEST_NAME = 30

_OWNER_LENGTH = 8
_MARK = "~"
_PENDING = re.compile(rf"{_MARK}[0-9a-f]{{{_OWNER_LENGTH}}}$")


def owner(*parts: str) -> str:
    """Eight hexadecimal digits that stand for one resource of one stack.

    Stable over machines and runs: organisation, project, stack and the resource's own path are
    hashed with a separator that none of them can contain.
    """
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_OWNER_LENGTH]


def pending(name: str, owned_by: str) -> str:
    """The name under which an instance is created: at most 30 characters, ASCII."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "instance"
    room = LONGEST_NAME - len(_MARK) - _OWNER_LENGTH
    return f"{slug[:room].rstrip('-')}{_MARK}{owned_by}"


def pending_for(name: str, owned_by: str) -> bool:
    """Whether `name` is a pending name of this owner, whatever the slug in front."""
    return bool(owned_by) and name.endswith(f"{_MARK}{owned_by}")


def problem(name: str) -> str | None:
    """Why Aura (or we) would not take this name, or None when it is fine."""
    if not name:
        return "must not be empty"
    if len(name) > LONGEST_NAME:
        return f"has {len(name)} characters; Aura allows at most {LONGEST_NAME}"
    if name != name.strip():
        return "must not begin or end with a blank (Aura refuses that)"
    if _PENDING.search(name):
        return (
            "ends like the pending name of an instance that is still being created "
            f"({_MARK} and eight hexadecimal digits); choose another ending"
        )
    return None
