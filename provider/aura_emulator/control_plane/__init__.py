"""What Aura knows and decides: projects, tiers, instances, snapshots, and time.

Nothing here speaks HTTP, and nothing here starts a database.
"""
