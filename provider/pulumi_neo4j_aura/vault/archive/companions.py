"""What lies in every vault beside the data, so that exports outlive this tool."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

#: Name in the vault → file of this package.
_FILES: Final = {
    "README.md": "vault-readme.md",
    "archive-format.md": "archive-format.md",
    "read_archive.py": "read_archive.py",
}


def companions() -> tuple[tuple[str, bytes], ...]:
    """Names and contents: a page for people, the format, and a reader that needs only Python."""
    package = files(__package__)
    return tuple((name, package.joinpath(file).read_bytes()) for name, file in _FILES.items())
