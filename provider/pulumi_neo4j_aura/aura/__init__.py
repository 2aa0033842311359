"""The Aura API client: the only code that speaks HTTP to Aura.

`client.AuraClient` is the way in and `waiting` follows operations that take minutes. Everything
else is behind them. The reference is docs/reference/aura-client.md.
"""
