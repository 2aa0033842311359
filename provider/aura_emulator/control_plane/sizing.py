"""POST /instances/sizing: how large an AuraDS instance must be.

Neo4j does not publish the formula. This one is ours: it grows with the counts and with each
algorithm category, and gives the example of the official v1 document its order of magnitude.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from aura_emulator.control_plane.sizes import written
from aura_emulator.control_plane.tiers import TIERS

if TYPE_CHECKING:
    from aura_emulator.control_plane.requests import Body

_TYPES: Final = ("professional-ds", "enterprise-ds")
_COUNT_LIMIT: Final = 10**15
_BASE_GB: Final = 4.0
_NODE_GB: Final = 1.0e-6
_RELATIONSHIP_GB: Final = 1.0e-6
_CATEGORY_SHARE: Final = 0.2


def estimate(body: Body) -> dict[str, Any]:
    """The smallest offered size for a graph, or the largest and `did_exceed_maximum`."""
    body.require("node_count", "relationship_count")
    nodes = body.whole("node_count", 0, _COUNT_LIMIT) or 0
    relationships = body.whole("relationship_count", 0, _COUNT_LIMIT) or 0
    tier = TIERS[body.choice("instance_type", _TYPES) or _TYPES[0]]
    categories = body.texts("algorithm_categories")
    body.check()
    graph = nodes * _NODE_GB + relationships * _RELATIONSHIP_GB
    required = math.ceil(_BASE_GB + graph * (1 + _CATEGORY_SHARE * len(set(categories))))
    fitting = [size for size in tier.memory if size >= required]
    return {
        "did_exceed_maximum": not fitting,
        "min_required_memory": written(required),
        "recommended_size": written(fitting[0] if fitting else tier.memory[-1]),
    }
