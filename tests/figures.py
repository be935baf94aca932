"""Figures that a test run shows at its end: what was tried, and how much of it. Also from other processes' tests."""

from __future__ import annotations

from collections.abc import Callable

Figure = Callable[[str], None]
NAME = "figure"
