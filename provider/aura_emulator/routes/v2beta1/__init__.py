"""The v2beta1 API: another vocabulary for the same organization, projects and instances.

Nothing here decides: requests are translated into v1's words and the control plane's rules hold.
"""

from typing import Final

from aura_emulator.routes.v2beta1 import databases, instances, projects

ROUTES: Final = [*projects.ROUTES, *instances.ROUTES, *databases.ROUTES]
