"""What Great Expectations found, in the lake's words: its own can hold values, which can be secrets.

Its results are taken as they come: nothing of it is imported here.
"""

from __future__ import annotations

import html
from typing import Any

import pyarrow as pa

from jobs.quality_results import Outcome, counted, examples

OF_DAY = ("rows", "completeness", "volume")  # these rules are about the day as a whole


def key_of(found: Any) -> tuple[str, str]:
    """Its rule, and the column, '' where it is about rows or the day as a whole."""
    config = found.expectation_config
    return config.meta["rule"], config.kwargs.get("column", "") if config.meta["rule"] not in OF_DAY else ""


def outcome_of(found: Any, rows: pa.Table) -> Outcome:
    """A rule's about rows."""
    rule, column = key_of(found)
    unexpected, places = found.result.get("unexpected_count"), found.result.get("partial_unexpected_index_list") or []
    number = None
    if rule == "columns":
        observed = _columns(rows.schema.names, found.expectation_config.kwargs["column_list"])
    elif rule == "type":
        observed = str(rows.schema.field(column).type) if column in rows.schema.names else "the column is missing"
    elif unexpected is None:
        observed = "cannot be checked: see the rules columns and type"
    else:
        number = rows.num_rows
        observed = counted(unexpected, number)
    return Outcome(
        rule, column, found.expectation_config.type, found.expectation_config.meta["expected"],
        found.success, observed, number, unexpected, examples(rows, places),
    )  # fmt: skip


def _columns(there: list[str], declared: list[str]) -> str:
    missing, more = ([one for one in a if one not in b] for a, b in ((declared, there), (there, declared)))
    words = [f"{len(there)} columns"]
    words += [f"missing: {', '.join(missing)}"] if missing else []
    words += [f"not declared: {', '.join(more)}"] if more else []
    words += ["in another order"] if not (missing or more) and there != declared else []
    return "; ".join(words)


def outcome_of_day(found: Any, seen: dict[str, str]) -> Outcome:
    """A rule's about the day. seen: by rule, what was found."""
    config = found.expectation_config
    return Outcome(
        config.meta["rule"], "", config.type, config.meta["expected"], found.success, seen[config.meta["rule"]]
    )


def unjudged(rule: str, expected: str, why: str) -> Outcome:
    """A rule's about the day that could not be judged."""
    return Outcome(rule, "", "expect_column_values_to_be_between", expected, None, why)


def without_values(found: Any, of_day: Outcome) -> Any:
    """The result as a page may show it: of all the day's files, and where rows come from in place of what they hold."""
    found.success = of_day.success
    found.exception_info = {"raised_exception": False, "exception_message": None, "exception_traceback": None}
    found.result = {"observed_value": html.escape(of_day.observed)}
    if of_day.rows is not None and of_day.unexpected is not None:
        found.result |= {
            "element_count": of_day.rows,
            "unexpected_count": of_day.unexpected,
            "unexpected_percent": 100 * of_day.unexpected / max(of_day.rows, 1),
            "partial_unexpected_list": [html.escape(one) for one in of_day.examples],
        }
    return found
