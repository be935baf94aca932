"""The generated parts of `docs/deploy.md`: costs, prices, parameters; and the parameters in `docs/session-manager.md`.
`python -m infra.deploy_guide` renews them; a test fails when they are stale.

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
    return _table(load(path).get("Parameters", {}), "must be given")


def of_the_root() -> str:
    """The parameters of lake.yaml that a company may give, a table for each nested template; lake.toml's left out."""
    root = load(TEMPLATES / "lake.yaml")
    left = {name: one for name, one in root["Parameters"].items() if not one["Description"].startswith("lake.toml:")}
    parts: list[str] = []
    for stack, child in root["Resources"].items():
        asked = re.findall(r"'Ref': '(\w+)'", str(child["Properties"].get("Parameters", {})))
        mine = {name: left.pop(name) for name in dict.fromkeys(asked) if name in left}
        file = child["Properties"]["TemplateURL"].rsplit("/", 1)[-1]
        if mine:
            parts.append(
                f"**{stack}** (`{file}`): {_described(TEMPLATES / file)}\n\n{_table(mine, 'the command fills it')}"
            )
    if left:
        raise GuideError(f"lake.yaml gives {', '.join(left)} to no nested template")
    return "\n\n".join(parts)


def alone() -> str:
    """The templates that people deploy by themselves, with their parameters; session logs' have a page of their own."""
    root = load(TEMPLATES / "lake.yaml")
    nested = {child["Properties"]["TemplateURL"].rsplit("/", 1)[-1] for child in root["Resources"].values()}
    others = {"lake.yaml", "artefacts.yaml", *nested} - {"raw.yaml"}  # one raw bucket more is deployed alone, too
    paths = [
        path for path in sorted(TEMPLATES.glob("*.yaml")) if path.name not in others and path.stem[:8] != "session-"
    ]
    return "\n\n".join(f"**`{path.name}`**: {_described(path)}\n\n{parameters(path)}" for path in paths)


def _described(path: Path) -> str:
    text: str = load(path)["Description"]
    return " ".join(text.removeprefix("Log Lake:").removeprefix("Log Lake,").split())


def _table(some: dict[str, Any], without: str) -> str:
    lines = ["| parameter | default | may be | what |", "|---|---|---|---|"]
    for name, one in some.items():
        default = _default(one, without)
        lines.append(f"| `{name}` | {default} | {_allowed(one)} | {_cell(one.get('Description', ''))} |")
    return "\n".join(lines)


def _default(one: dict[str, Any], without: str) -> str:
    if "Default" not in one:
        return without
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
        "parameters": of_the_root,
        "parameters-alone": alone,
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
    for _page in (TARGET, TARGET.with_name("session-manager.md")):
        _page.write_text(render(_page.read_text(encoding="utf-8")), encoding="utf-8")
