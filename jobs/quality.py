"""The quality gates: every published day against what is declared of it, by Great Expectations (GX Core).

A Glue job, run after the jobs that publish; no other module imports Great Expectations, so the ingest never waits for
it. It needs no Spark: a day's files are slices of bounded size (jobs.slices), and one of them at a time is in memory.

    --settings s3://<books bucket>/settings/lake.toml [--workgroup other] [--from 2026-03-01 --to 2026-03-31]

What is found goes to lake_quality, published like any other table, and as a page to the results bucket. Each line of
standard output is a JSON object, as of jobs.job: {"step": "quality", "table": ..., "day": ..., "passed": false,
"failed": [...]}; the last has "step": "done", "failed" (a rule is broken) or "error" (a day could not be checked).
docs/quality.md says what every rule is for. Nothing is ever hidden or changed by it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # before the import that reads it: no usage data leaves

import boto3
import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
import pyarrow as pa
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    column_condition_partial,
)
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView

from jobs.access import access
from jobs.athena import ask
from jobs.cloudtrail_records import OPEN_ENDED
from jobs.job import PATIENT
from jobs.quality_days import Facts
from jobs.quality_found import key_of, outcome_of, outcome_of_day, unjudged, without_values
from jobs.quality_page import offline
from jobs.quality_results import EXAMPLES, Check
from jobs.quality_run import run
from jobs.spark_map import emit
from jobs.unredacted import holds_secret
from lake.books import File
from lake.completeness import per_cent
from lake.settings import parse
from lake.store import Store
from schemas import TABLES
from schemas.table import Table

SESSION_ID = r"^[0-9a-z]{17,40}\Z"
# Of from_cloudtrail_readready. What people typed and saw stays exact: it is the evidence.
SECRETIVE = {"from_cloudtrail_readready": (*(name.lower() for name in OPEN_ENDED), "otherfields")}
# Great Expectations' word for a Hive type, as pandas holds it.
KINDS = {"string": "str", "bigint": "int64", "int": "int32", "boolean": "bool", "timestamp": "datetime64"}
_HINTS = r'token|secretaccesskey"|password"|\\u00'  # as jobs.redact.HINTS: a text without any holds no secret
_FORMAT = {"result_format": "SUMMARY", "partial_unexpected_count": EXAMPLES}
_DTYPES = {
    pa.string(): None,  # pandas' own
    pa.timestamp("ns"): None,  # as pyarrow reads ORC's
    pa.timestamp("us"): None,
    pa.int64(): pd.Int64Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}


class ColumnValuesHoldNoSecret(ColumnMapMetricProvider):  # type: ignore[misc]
    """The metric: which texts hold no secret in the clear."""

    condition_metric_name = "column_values.hold_no_secret"

    @column_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column: Any, **_: Any) -> Any:
        hints = column.str.contains(_HINTS, case=False)
        good = [not (hint and holds_secret(text)) for text, hint in zip(column, hints, strict=True)]
        return pd.Series(good, index=column.index, dtype=bool)


class ExpectColumnValuesToHoldNoSecret(ColumnMapExpectation):  # type: ignore[misc]
    """Expect no text of the column to hold a secret in the clear (jobs.unredacted)."""

    map_metric = "column_values.hold_no_secret"


def row_rules(table: Table, day: str, start: int, end: int) -> list[Any]:
    """What is expected of the rows of a file that holds the day's seconds [start, end)."""
    midnight = datetime.fromisoformat(day)
    first, last = (midnight + timedelta(seconds=second) for second in (start, end))
    return [
        *(
            gxe.ExpectColumnValuesToNotBeNull(column=name, meta=_meta("not null", "never null"))
            for name in table.required
        ),
        gxe.ExpectCompoundColumnsToBeUnique(
            column_list=list(table.identity),
            ignore_row_if="any_value_is_missing",
            meta=_meta("identity", f"{', '.join(table.identity)} unique where none is null"),
        ),
        gxe.ExpectCompoundColumnsToBeUnique(
            column_list=list(table.fallback_identity),
            meta=_meta("record", f"{', '.join(table.fallback_identity)} unique"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="eventtime",
            min_value=first,
            max_value=last,
            strict_max=True,
            meta=_meta("day", f"on {day}"),
        ),
        *(
            gxe.ExpectColumnValuesToMatchRegex(column=name, regex=SESSION_ID, meta=_meta("session id", SESSION_ID))
            for name in table.names
            if name == "sessionid"
        ),
        *(
            ExpectColumnValuesToHoldNoSecret(column=name, meta=_meta("secrets", "no secret in the clear"))
            for name in SECRETIVE.get(table.name, ())
        ),
    ]


def schema_rules(table: Table) -> list[Any]:
    """What is expected of a file's columns."""
    return [
        gxe.ExpectTableColumnsToMatchOrderedList(
            column_list=list(table.names), meta=_meta("columns", f"{len(table.names)} columns as declared")
        ),
        *(
            gxe.ExpectColumnValuesToBeOfType(column=one.name, type_=KINDS[one.type], meta=_meta("type", one.type))
            for one in table.columns
        ),
    ]


def _meta(rule: str, expected: str) -> dict[str, str]:
    return {"rule": rule, "expected": expected}


class Gates:
    """Great Expectations, set up once: nothing on disk, no usage data, no progress bars."""

    def __init__(self) -> None:
        context = gx.get_context(mode="ephemeral")
        context.enable_analytics(False)
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("lake").add_dataframe_asset("rows")
        self._batch = asset.add_batch_definition_whole_dataframe("file")

    def file(self, table: str, day: str, one: File, rows: pa.Table) -> Check:
        """What a file of the day's holds. rows: as they lie there, whatever their columns are."""
        declared = TABLES[table]
        wanted = {"sessionid", *declared.required, *declared.identity, *declared.fallback_identity}
        wanted |= set(SECRETIVE.get(table, ()))
        content = rows.select([name for name in rows.column_names if name in wanted])
        return (
            Check()
            + self._rows(schema_rules(declared), rows.slice(0, 1), rows)
            + self._rows(row_rules(declared, day, one.start, one.end), content, rows)
        )

    def _rows(self, rules: list[Any], looked_at: pa.Table, rows: pa.Table) -> Check:
        frame = looked_at.to_pandas(types_mapper=lambda kind: _DTYPES[kind] if kind in _DTYPES else pd.ArrowDtype(kind))
        found = self._validate(frame, rules, _FORMAT)
        return Check([outcome_of(one, rows) for one in found], found)

    def day(self, rows: int, booked: int, facts: Facts, least: int) -> Check:
        """How much there is of a day. booked: rows, as its marker says. least: per cent that must be processed."""
        percent, volume = per_cent(facts.processed, facts.arrived), facts.volume
        rules = [
            gxe.ExpectColumnPairValuesToBeEqual(column_A="rows", column_B="booked", meta=_meta("rows", f"{booked:,}"))
        ]
        seen = {"rows": f"{rows:,}"}
        unable = []
        asked = f"at least {least} %"
        if percent is None:
            unable.append(unjudged("completeness", asked, "no object was delivered on the day"))
        else:
            meta = _meta("completeness", asked)
            rules.append(gxe.ExpectColumnValuesToBeBetween(column="completeness", min_value=least, meta=meta))
            seen["completeness"] = f"{percent:g} % of {facts.arrived:,} objects"
        if volume.low is None or volume.high is None:
            why = f"not enough history: {volume.days} of the days like it in the 28 before have rows"
            unable.append(unjudged("volume", "as in the 28 days before", f"{rows:,} rows; {why}"))
        else:
            low = volume.low if facts.over else 0
            rules.append(
                gxe.ExpectColumnValuesToBeBetween(
                    column="rows",
                    min_value=low,
                    max_value=volume.high,
                    meta=_meta("volume", f"{low:,} to {volume.high:,}"),
                )
            )
            seen["volume"] = f"{rows:,} rows{'' if facts.over else '; the day is not over'}"
        frame = pd.DataFrame({"rows": [rows], "booked": [booked], "completeness": [percent]})
        found = self._validate(frame, rules, {"result_format": "BOOLEAN_ONLY"})
        return Check([*(outcome_of_day(one, seen) for one in found), *unable], found)

    def _validate(self, frame: Any, rules: list[Any], form: dict[str, Any]) -> list[Any]:
        suite = gx.ExpectationSuite(name="gates", expectations=rules)
        return list(self._batch.get_batch({"dataframe": frame}).validate(suite, result_format=form).results)

    def page(self, title: str, check: Check, now: datetime) -> str:
        """Great Expectations' own page of what was found, its Data Docs: one file, without a network."""
        done = {(one.rule, one.column): one for one in check.outcomes}
        shown = {key_of(one): without_values(one, done[key_of(one)]) for one in check.results}
        good = sum(one.success for one in shown.values())
        whole = ExpectationSuiteValidationResult(
            success=good == len(shown),
            results=list(shown.values()),
            suite_name=title,
            statistics={
                "evaluated_expectations": len(shown),
                "successful_expectations": good,
                "unsuccessful_expectations": len(shown) - good,
                "success_percent": 100 * good / max(len(shown), 1),
            },
            meta={"run_id": {"run_name": title, "run_time": now.isoformat()}, "expectation_suite_name": title},
        )
        return offline(DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(whole)))


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The job's own arguments, as Glue passes them; the rest is Glue's."""
    parser = argparse.ArgumentParser(prog="loglake-quality", description=__doc__, allow_abbrev=False)
    parser.add_argument("--settings", required=True, help="where lake.toml lies: s3://bucket/key")
    parser.add_argument("--workgroup", help="the Athena workgroup to ask in, if not the lake's")
    parser.add_argument("--from", dest="first", help="check the days from this one on, though they are checked")
    parser.add_argument("--to", dest="last", help="up to this one")
    return parser.parse_known_args(argv)[0]


def main(argv: Sequence[str]) -> int:
    """Run the job. Returns 0, or 1: a day broke a rule, or could not be checked."""
    options, started = arguments(argv), time.monotonic()
    emit(step="start", job="quality")
    bucket, _, key = options.settings.removeprefix("s3://").partition("/")
    session = boto3.session.Session()
    text = Store(session.region_name or "us-east-1").get(bucket, key).decode()
    settings = parse(text, options.settings)
    athena = session.client("athena", region_name=settings.lake.region, config=PATIENT)
    asking = partial(ask, athena, settings.lake.database, options.workgroup or settings.lake.workgroup)
    named = options.first or options.last
    interval = (options.first or "0001-01-01", options.last or "9999-12-31") if named else None
    report = run(access(text), asking, Gates(), lambda: datetime.now(UTC), interval, emit)
    step = "error" if report.errors else "failed" if report.failed else "done"
    emit(
        step=step,
        job="quality",
        days=report.days,
        failed=report.failed,
        errors=report.errors,
        seconds=round(time.monotonic() - started, 1),
    )
    return 0 if step == "done" else 1


if __name__ == "__main__":
    # Glue takes any SystemExit for a failure: say nothing where all is well.
    if code := main(sys.argv[1:]):
        sys.exit(code)
