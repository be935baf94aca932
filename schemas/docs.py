"""`docs/tables.md`, made from the declarations: `python -m schemas.docs` writes it; a test fails when it is stale."""

from __future__ import annotations

from pathlib import Path

from schemas import TABLES, Table

TARGET = Path(__file__).parents[1] / "docs" / "tables.md"
HEAD = """# The lake's tables

Made from `schemas/` by `python -m schemas.docs`; change it there. All times are UTC. Views are in `sql/views`.
"""


def _section(table: Table) -> str:
    keys = ", ".join(f"`{key.name}`" for key in table.partition_keys)
    partitioned = f"Partitioned by {keys}." if keys else "Without partitions: all files in its folder."
    lines = [f"## {table.name}", "", table.description, "", partitioned]
    if table.identity:
        lines[-1] += f" A row's identity: {', '.join(f'`{name}`' for name in table.identity)}"
        if table.fallback_identity:
            lines[-1] += f"; without it, {', '.join(f'`{name}`' for name in table.fallback_identity)}"
        lines[-1] += "."
    if table.required:
        lines[-1] += f" Never null: {', '.join(f'`{name}`' for name in table.required)}."
    lines += ["", "| column | type | what it is |", "|---|---|---|"]
    for column in (*table.columns, *table.partition_keys):
        comment = column.comment.replace("|", "\\|").replace("*", "\\*")
        lines.append(f"| `{column.name}` | {column.type} | {comment} |")
    return "\n".join(lines) + "\n"


def render() -> str:
    """The page's text."""
    return "\n".join([HEAD, *(_section(table) for table in TABLES.values())])


if __name__ == "__main__":
    TARGET.write_text(render())
