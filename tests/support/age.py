"""The ordinary `age` program, where there is one, and keys for it."""

import shutil
import subprocess

import pyrage  # type: ignore[import-untyped] # it has no types
import pytest


def program():
    """Where it is; skips the test on machines without it (`make age` installs it)."""
    found = shutil.which("age")
    if found is None:
        pytest.skip("there is no age program")
    return found


class Key:
    """A fresh identity, with the file that holds it."""

    def __init__(self, folder, name="age.key"):
        identity = pyrage.x25519.Identity.generate()
        self.secret = str(identity)
        self.recipient = str(identity.to_public())
        self.file = folder / name
        self.file.write_text(
            f"# created: 2024-03-02\n# public key: {self.recipient}\n{self.secret}\n"
        )


def decrypt(identity_file, data):
    done = subprocess.run(
        [program(), "-d", "-i", str(identity_file)], input=data, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
