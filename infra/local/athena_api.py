"""Athena's API on moto, with queries that are really run: start, look, page through the rows, stop.

moto keeps the workgroups, and everything of Athena's API that is not about one query; this module replaces the rest.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from moto.athena.models import AthenaBackend
from moto.athena.responses import AthenaResponse
from moto.core.exceptions import JsonRESTError

from infra.local.athena_results import column_info, page
from infra.local.athena_runs import Execution, Runner

_TOKEN = re.compile(r"row-(\d+)")


def install(runner: Runner) -> None:
    """Change moto in this process: `runner` answers the queries."""

    def start(self: Any) -> str:
        backend: AthenaBackend = self.athena_backend
        workgroup = backend.work_groups.get(self._get_param("WorkGroup") or "primary")
        if workgroup is None:
            raise _invalid(f"WorkGroup {self._get_param('WorkGroup')} is not found.")
        query = (self._get_param("QueryString") or "").strip()
        if not query:
            raise _invalid("queryString must not be empty")
        execution = Execution(
            id=str(uuid.uuid4()),
            query=query,
            database=((self._get_param("QueryExecutionContext") or {}).get("Database") or "default").lower(),
            parameters=self._get_param("ExecutionParameters") or [],
            workgroup=workgroup,
            config={},
            submitted=time.time(),
        )
        execution.config = _output(workgroup.configuration, self._get_param("ResultConfiguration") or {}, execution)
        backend.executions[execution.id] = execution
        runner.submit(execution, backend.account_id, backend.region_name)
        return json.dumps({"QueryExecutionId": execution.id})

    def get(self: Any) -> str:
        return json.dumps({"QueryExecution": described(_find(self, self._get_param("QueryExecutionId")))})

    def batch_get(self: Any) -> str:
        known = self.athena_backend.executions
        wanted = self._get_param("QueryExecutionIds")
        missing = [{"QueryExecutionId": one, "ErrorCode": "NOT_FOUND"} for one in wanted if one not in known]
        found = [described(known[one]) for one in wanted if one in known]
        return json.dumps({"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing})

    def stop(self: Any) -> str:
        _find(self, self._get_param("QueryExecutionId")).stop()
        return "{}"

    def results(self: Any) -> str:
        execution = _find(self, self._get_param("QueryExecutionId"))
        return json.dumps(_page(execution, self._get_param("MaxResults"), self._get_param("NextToken")))

    replaced: dict[str, Callable[[Any], str]] = {
        "start_query_execution": start,
        "get_query_execution": get,
        "batch_get_query_execution": batch_get,
        "stop_query_execution": stop,
        "get_query_results": results,
    }
    for name, method in replaced.items():
        setattr(AthenaResponse, name, method)


def _output(workgroup: dict[str, Any], asked: dict[str, Any], execution: Execution) -> dict[str, Any]:
    """ResultConfiguration with the object's whole name. The workgroup's counts if it is enforced or none is asked."""
    default = workgroup.get("ResultConfiguration") or {}
    enforced = workgroup.get("EnforceWorkGroupConfiguration") and default.get("OutputLocation")
    chosen = default if enforced or not asked.get("OutputLocation") else asked
    if not chosen.get("OutputLocation"):
        raise _invalid(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input."
        )
    suffix = "txt" if execution.utility else "csv"
    return {**chosen, "OutputLocation": f"{chosen['OutputLocation'].rstrip('/')}/{execution.id}.{suffix}"}


def described(execution: Execution) -> dict[str, Any]:
    """GetQueryExecution's answer."""
    now = execution.ended or time.time()
    status: dict[str, Any] = {"State": execution.status, "SubmissionDateTime": execution.submitted}
    if execution.ended:
        status["CompletionDateTime"] = execution.ended
    if execution.reason:
        status["StateChangeReason"] = execution.reason
    if execution.status == "FAILED":
        status["AthenaError"] = {
            "ErrorCategory": 2 if execution.user_error else 1,
            "Retryable": False,
            "ErrorMessage": execution.reason,
        }
    started = execution.started or now
    return {
        "QueryExecutionId": execution.id,
        "Query": execution.query,
        "StatementType": execution.kind,
        "ResultConfiguration": execution.config,
        "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
        "QueryExecutionContext": {"Database": execution.database, "Catalog": "awsdatacatalog"},
        "ExecutionParameters": execution.parameters,
        "Status": status,
        "Statistics": {
            "EngineExecutionTimeInMillis": int(1000 * (now - started)),
            "DataScannedInBytes": execution.result.scanned if execution.result else 0,
            **({"DataManifestLocation": execution.manifest} if execution.manifest else {}),
            "TotalExecutionTimeInMillis": int(1000 * (now - execution.submitted)),
            "QueryQueueTimeInMillis": int(1000 * (started - execution.submitted)),
            "ResultReuseInformation": {"ReusedPreviousResult": False},
        },
        "WorkGroup": execution.workgroup.name,
        "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
    }


def _page(execution: Execution, count: int | None, token: str | None) -> dict[str, Any]:
    if execution.status != "SUCCEEDED":
        raise _invalid(f"Query did not finish successfully. Final query state: {execution.status}")
    if execution.result is None:
        raise _invalid("Could not find results")
    match = _TOKEN.fullmatch(token or "row-0")
    if match is None or not 1 <= (count or 1000) <= 1000:
        raise _invalid(f"MaxResults {count} or NextToken {token!r} is not valid")
    rows, following = page(execution.result, int(match[1]), count or 1000)
    answer: dict[str, Any] = {
        "UpdateCount": execution.result.updated,
        "ResultSet": {
            "Rows": [{"Data": [{} if one is None else {"VarCharValue": one} for one in row]} for row in rows],
            "ResultSetMetadata": {"ColumnInfo": column_info(execution.result)},
        },
    }
    return answer if following is None else {**answer, "NextToken": f"row-{following}"}


def _find(response: Any, id_: str) -> Execution:
    found = response.athena_backend.executions.get(id_)
    if found is None:
        raise _invalid(f"QueryExecution {id_} was not found")
    execution: Execution = found
    return execution


def _invalid(message: str) -> JsonRESTError:
    return JsonRESTError("InvalidRequestException", message)
