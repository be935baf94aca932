"""Results as tables: on the terminal, and as docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.sides import ROOT, Part
from cli.grid import Grid, Head
from cli.show import console

PAGE = ROOT / "docs" / "benchmarks.md"
OPENING = """\
# Benchmarks

`make bench` measures all of this side by side, in one run on one machine, and writes this page. The seconds say as much
about the machine as about the lake; the ratios are what to look at. What is set against other engines (1, 2, 3, 5)
reads the same files from the same disk, so that no S3 on the same two cores is measured along; what starts an engine is
not counted, for nobody. Each engine works as its experts would have it, for these files and on two cores. Seconds are
the median of three runs; of two, or one alone, where a run takes long.

"""


def show(part: Part) -> None:
    """On the terminal."""
    out = console()
    out.print(part.title)
    grid = Grid(Head(part.heads[0]), *(Head(one, right=True) for one in part.heads[1:]))
    for row in part.rows:
        grid.add(*row)
    grid.print(out)
    for note in part.notes:
        out.print(f"- {note}")


def page(opening: str, parts: Sequence[Part], size: str = "") -> str:
    """The whole page. opening: its title, and what it is about. size: what was asked for, if anything was."""
    at = f" at size {size}" if size else ""
    text = opening + f"Measured {datetime.now(UTC):%Y-%m-%d}{at} on {machine()}.\n"
    for number, part in enumerate(parts, 1):
        text += f"\n## {number}. {part.title}\n\n{part.what}\n\n"
        text += f"| {' | '.join(part.heads)} |\n|{'---|' * len(part.heads)}\n"
        text += "".join(f"| {' | '.join(row)} |\n" for row in part.rows)
        text += "".join(f"\n{note}\n" for note in part.notes)
    return text


def machine() -> str:
    """What the figures are of."""
    found = re.search(r"model name\s*:\s*(.+)", _read("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s*(\d+)", _read("/proc/meminfo"))
    return (
        f"{os.cpu_count()} cores ({found[1].strip() if found else platform.machine()}), "
        f"{int(memory[1]) / 1e6:.0f} GB, {platform.system()}, Python {platform.python_version()}"
        if memory
        else f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, Python {platform.python_version()}"
    )


def _read(path: str) -> str:
    file = Path(path)
    return file.read_text() if file.exists() else ""
