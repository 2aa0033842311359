"""Dumps of graphs that are not ours, where somebody has put them beside this repository."""

from __future__ import annotations

import pytest

from support.databases import REPOSITORY

SAMPLES = REPOSITORY.parent / "shared" / "data"
NAMES = ("movies-50", "movies-43", "northwind-50")
NEEDS_SAMPLES = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"there is no {SAMPLES}")
