"""The HTTP face of the emulator: Aura's own paths, and ``/emulator/`` for control."""
