"""What tests share: one embedded AWS a session, emptied for each test that asks for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[1]))  # `tests.lakes`

settings.register_profile("suite", deadline=None)  # machines are noisy: a slow example is no failure
settings.load_profile("suite")
