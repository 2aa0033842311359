"""The command line `aura-backup`: one small file per command."""
