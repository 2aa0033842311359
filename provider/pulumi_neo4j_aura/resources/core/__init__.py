"""What each resource does, as plain functions on plain values. Nothing here knows Pulumi.

A full provider plugin can serve the same functions later. Every module has the same shape:
`check`, `diff`, `create`, `read`, `update`, `delete`.
"""
