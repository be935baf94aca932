"""The generated parts of `docs/deploy.md`: costs, prices, parameters. `python -m infra.deploy_guide` renews them; a
test fails when they are stale.

In the page, a part stands between `<!-- made: name -->` and `<!-- end -->`; all else is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from infra import costs, prices
from infra.template import TEMPLATES, load

TARGET = Path(__file__).parents[1] / "docs" / "deploy.md"
_PART = re.compile(r"(?<=<!-- made: )(?P<name>[a-z-]+) -->\n.*?(?=<!-- end -->)", re.S)
_MARK = "*"


class GuideError(ValueError):
    """The page asks for a part that nobody makes. The message names it."""


def parameters(path: Path) -> str:
    """A template's parameters as a Markdown table."""
    lines = ["| parameter | default | may be | what |", "|---|---|---|---|"]
    for name, one in load(path).get("Parameters", {}).items():
        lines.append(f"| `{name}` | {_default(one)} | {_allowed(one)} | {_cell(one.get('Description', ''))} |")
    return "\n".join(lines)


def _default(one: dict[str, Any]) -> str:
    if "Default" not in one:
        return "must be given"
    return f"`{one['Default']}`" if one["Default"] != "" else "empty"


def _allowed(one: dict[str, Any]) -> str:
    if "AllowedValues" in one:
        return ", ".join(f"`{value}`" for value in one["AllowedValues"])
    if "MinValue" in one or "MaxValue" in one:
        return f"{one.get('MinValue', '')} to {one['MaxValue']}" if "MaxValue" in one else f"{one['MinValue']} or more"
    return {"CommaDelimitedList": "a list, comma between", "Number": "a number"}.get(one["Type"], "")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace(_MARK, "\\*")


def parts() -> dict[str, Callable[[], str]]:
    """What can stand in the page, by name."""
    tables = {f"parameters-{path.stem}": path for path in sorted(TEMPLATES.glob("*.yaml"))}
    made: dict[str, Callable[[], str]] = {
        "costs": costs.table,
        "alternatives": costs.alternatives,
        "prices": prices.table,
    }
    return made | {name: lambda path=path: parameters(path) for name, path in tables.items()}


def render(page: str) -> str:
    """The page with all its parts made anew. Raises GuideError."""
    known = parts()

    def made(found: re.Match[str]) -> str:
        if found["name"] not in known:
            raise GuideError(f"{found['name']} is no part; there are {', '.join(known)}")
        return f"{found['name']} -->\n{known[found['name']]()}\n"

    return _PART.sub(made, page)


def missing(page: str, wanted: Iterator[str]) -> list[str]:
    """Which of these parts the page lacks."""
    there = {found["name"] for found in _PART.finditer(page)}
    return [name for name in wanted if name not in there]


if __name__ == "__main__":
    TARGET.write_text(render(TARGET.read_text(encoding="utf-8")), encoding="utf-8")
