"""What a query fails with, in Athena's words."""

from __future__ import annotations


class QueryError(Exception):
    """Why a query failed: what Athena gives as StateChangeReason. `user` is False if it is the engine's fault."""

    def __init__(self, reason: str, user: bool = True) -> None:
        super().__init__(reason)
        self.reason, self.user = reason, user


def position(sql: str, start: int | None) -> str:
    """'line 1:15: ' of a character of the query, counted from 0; nothing if it is not known."""
    if start is None:
        return ""
    before = sql[:start]
    return f"line {before.count(chr(10)) + 1}:{start - (before.rfind(chr(10)) + 1) + 1}: "
