"""``python -m aura_emulator`` starts the emulator."""

import sys

from aura_emulator.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
