"""One look at the world: Aura's instances and snapshots, and what lies in the vaults.

Frugal: a project is listed once, and an instance's snapshots are asked for only when they can have
changed; what was seen before is remembered in the vault's catalog. Honest: what could not be seen
whole is UNKNOWN, with the reason.
"""
