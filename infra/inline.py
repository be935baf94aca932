"""Puts the code of infra/functions into infra/templates/session-manager.yaml: `python -m infra.inline`.

A StackSet goes to every account and Region, where there is no bucket to fetch a function from; so its template carries
the code, as one file. (Lambda, "AWS::Lambda::Function Code": ZipFile.)
"""

from __future__ import annotations

import re
from pathlib import Path

from infra.template import TEMPLATES

TEMPLATE = TEMPLATES / "session-manager.yaml"
_FUNCTIONS = Path(__file__).parent / "functions"
_FILES = ("custom", "document", "preferences", "loggroup", "session_manager")  # each uses those before it
_IMPORT = re.compile(r"^from (?:__future__|infra\.functions\.\w+) import .*\n\n?", re.M)
_BLOCK = re.compile(r"^( *)ZipFile: \|\n(?:\1  .*\n|\n)+", re.M)
_HEAD = (
    "# Made by `python -m infra.inline` from infra/functions: change it there.\nfrom __future__ import annotations\n"
)


def code() -> str:
    """The function's one file."""
    parts = [_IMPORT.sub("", (_FUNCTIONS / f"{name}.py").read_text(encoding="utf-8")) for name in _FILES]
    return "\n\n".join([_HEAD, *parts])


def with_code(template: str) -> str:
    """The template's text with the function's code of now in it."""

    def block(match: re.Match[str]) -> str:
        lines = (f"{match[1]}  {line}".rstrip() for line in code().splitlines())
        return f"{match[1]}ZipFile: |\n" + "\n".join(lines) + "\n\n"

    made, count = _BLOCK.subn(block, template)
    if count != 1:
        raise ValueError(f"{TEMPLATE.name} has {count} ZipFile blocks; it must have one")
    return made


if __name__ == "__main__":
    TEMPLATE.write_text(with_code(TEMPLATE.read_text(encoding="utf-8")), encoding="utf-8")
