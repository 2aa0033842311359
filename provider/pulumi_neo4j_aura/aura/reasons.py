"""What Aura's refusals mean for the reader: way-outs and the kinds of 409, as data.

Reason codes are from the v1 document and from answers that published clients saw on the live
service. A code that is not here still gets the way-out of its status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    Busy,
    Forbidden,
    LostAnswer,
    NotFound,
    Permanent,
    Rejected,
    Throttled,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONFIGURATIONS = "Choose a combination that the project offers (its instance configurations)."
_CREDENTIALS = (
    "Check AURA_CLIENT_ID and AURA_CLIENT_SECRET (Aura Console, API keys), "
    "and that AURA_API_URL is the service they belong to."
)
_PAYMENT = "Add billing details to the project in the Aura Console, or use a project that has them."
_RIGHTS = (
    "Give the user who owns the API credentials a role that allows this, "
    "or use credentials of a user who has one."
)

#: Reason code (lower case) → what the reader can do.
BY_REASON: Mapping[str, str] = {
    "missing-billing-details": _PAYMENT,
    "tenant-not-found": (
        "Check the project id, and that the credentials' user is a member of that project."
    ),
    "db-not-found": (
        "Check the instance id, and that the credentials' user can see its project. "
        "Right after a create, Aura may not know a new instance for some seconds."
    ),
    "snapshot-not-found": (
        "Check the snapshot id; Aura removes snapshots when their retention ends. "
        "List the snapshots of the instance for the day in question."
    ),
    "encryption-key-not-found": "Check the customer-managed key's id and its project.",
    "ongoing-database-operation": "Wait until the operation that is under way has ended.",
    "snapshot-not-allowed": (
        "Wait until the snapshot that is under way has ended; a new instance takes one by itself."
    ),
    "instance-action-unavailable": (
        "Look at the instance's status: the action does not apply to it (a paused instance "
        "cannot be paused, a running one not resumed)."
    ),
    "multi-db-only": "This needs an instance that was created for several databases.",
    "db-already-deleted": "Nothing is left to do: the instance was deleted before.",
    "tenant-incapable-of-action": (
        "The project has no instance or plan that offers this; remove the setting or use another "
        "project."
    ),
    "database-incapable-of-action": (
        "The instance's type does not offer this; remove the setting or change the type."
    ),
    "invalid-memory-size": f"Memory and storage are not offered as a pair. {_CONFIGURATIONS}",
    "unauthorized": _RIGHTS,
    "db-tier-invalid": f"The project may not create this type. {_CONFIGURATIONS}",
    "validation-error": "Correct the named field.",
}

#: Status → what the reader can do, when the reason code says nothing better.
BY_STATUS: Mapping[int, str] = {
    308: "Set AURA_API_URL to the new location, if you trust it.",
    400: "Correct the request; the project's instance configurations list what it offers.",
    401: _CREDENTIALS,
    402: _PAYMENT,
    403: _RIGHTS,
    404: "Check the id, and that the credentials' user can see its project.",
    405: (
        "Usually the limit on instances is reached: delete one that is not needed, or ask Aura "
        "for a higher limit."
    ),
    410: BY_REASON["db-already-deleted"],
    415: "Aura wanted a JSON content type, which was sent: check for a proxy that removes it.",
    420: "The instance's tier does not offer this (a Free instance cannot be overwritten).",
    422: "Correct the request; the project's instance configurations list what it offers.",
}

#: Error class → what the reader can do, when neither reason nor status says it.
BY_CLASS: Mapping[type[AuraError], str] = {
    BadCredentials: _CREDENTIALS,
    Busy: BY_REASON["ongoing-database-operation"],
    Forbidden: _RIGHTS,
    LostAnswer: ("Whether it took effect is unknown: look for the effect before sending it again."),
    NotFound: BY_STATUS[404],
    Permanent: "Check AURA_API_URL and this package's version against Aura's documentation.",
    Rejected: "Change the request; repeating it as it is cannot work.",
    Throttled: (
        "Wait, or lower AURA_CALLS_PER_MINUTE if other processes use the same credentials."
    ),
    Unavailable: "Nothing was changed by this call. Try again; see Aura's status page.",
}

#: What the reader can do when the call provably never left.
NOT_SENT_WAY_OUT = "Nothing was sent. Check the network, a proxy if there is one, and AURA_API_URL."

#: How each class of error reads after "Instance ab12cd34: pause …".
OUTCOMES: Mapping[type[AuraError], str] = {
    BadCredentials: "was not authenticated",
    Busy: "has to wait",
    Forbidden: "is not allowed",
    LostAnswer: "may have been done, its answer was lost",
    NotFound: "found nothing",
    Permanent: "cannot work",
    Rejected: "was rejected",
    Throttled: "was throttled",
    Unavailable: "got no usable answer",
}

#: 409 that waiting does not cure (seen live).
FINAL_CONFLICTS = frozenset({"instance-action-unavailable", "multi-db-only"})

#: 409 that means "another operation is under way".
BUSY_CONFLICTS = frozenset({"ongoing-database-operation", "snapshot-not-allowed"})

#: A 409 with an unknown reason is taken for busy when its text speaks of work under way. The v1
#: document knows no other 409, but some were seen that are final, so it is not the default.
BUSY_WORDS = (
    "ongoing",
    "in progress",
    "undergoing",
    "another operation",
    "other operation",
    "being ",
    "busy",
    "locked",
    "later",
    "pending",
    "creating",
    "destroying",
    "loading",
    "overwriting",
    "pausing",
    "resizing",
    "restoring",
    "resuming",
    "updating",
    "upgrading",
)

#: 500 that is a refusal (v1 document, overwrite): repeating it can never work.
SMALLER_DATABASE = "into smaller database"
SMALLER_WAY_OUT = (
    "Resize the destination to at least the source's memory and storage; "
    "Aura compares allocated sizes, not data."
)

#: 400 of unknown reason code (official CLI's guide prints the text).
NOT_EXPORTABLE = "not exportable"
NOT_EXPORTABLE_WAY_OUT = "Use a snapshot that is completed and still exportable, or take a new one."
