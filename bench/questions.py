"""The auditor's five commonest questions, of the raw files and of the lake, side by side: seconds and bytes read.

    python -m bench.questions [--files 400] [--events 500] [--days 7] [--times 3]

One local lake with Trino as its engine, one company, nothing filtered. The raw side is a table over the same gzipped
JSON objects, partitioned as from_cloudtrail_raw is (source, account, Region, day of delivery); Trino has no CloudTrail
input format, so a file is one row of an array of records. Every question is asked of both, in turns, and both answers
must be equal, or it fails: the raw side therefore leaves out duplicates and reads on for events that were delivered
late. The first asking of each is not counted; the median of the others is shown.

The figures are of one machine, of made-up records, of an embedded AWS that answers a GET sooner than S3 does, and of a
Trino whose JVM is set to start fast (TieredStopAtLevel=1), which may cost the raw side, all parsing, more than it would
on a long-running server. Bytes depend on none of this. The default takes some minutes on two idle cores; a million
events (--files 2000) five times as long.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import tempfile
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import boto3

from bench.process import job
from bench.report import show
from bench.sides import Part, say
from cli import home as project
from cli import trino
from cli.athena import literal
from examples.company import Company, RawObject
from infra.local import hermetic, lifecycle
from lake.settings import Settings
from schemas import TABLES
from sql.render import DENIED

LATE = 600.0  # seconds in which AddAPart must have taken what was announced, and a query must have ended
AT_ONCE = 8  # uploads
SIDES = ("raw", "readready")
RAW, LAKE = "from_cloudtrail_json", "from_cloudtrail_readready"

# As AWS's documentation declares it for Athena: what is open-ended is text. (Amazon Athena, "Query CloudTrail logs")
_IDENTITY = (
    "struct<type:string,principalid:string,arn:string,accountid:string,accesskeyid:string,username:string,"
    "invokedby:string,sessioncontext:struct<attributes:struct<mfaauthenticated:string,creationdate:string>,"
    "sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>,"
    "sourceidentity:string>>"
)
_JSON = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe", "Parameters": {}},
}
_DAY = "substr(eventtime, 1, 10)"
_TIME = "CAST(from_iso8601_timestamp(eventtime) AS timestamp(3))"
# What the column `username` holds.
_NAME = """coalesce(
    CASE WHEN useridentity.arn LIKE '%:assumed-role/%/%' THEN element_at(split(useridentity.arn, '/'), -1) END,
    useridentity.username, useridentity.invokedby
)"""


class Different(Exception):
    """Raw and lake answered a question differently; the message says which, and shows a row of each."""


@dataclass(frozen=True, slots=True)
class Question:
    """title: as an auditor asks it. raw, readready: its SQL, with columns and rows in the same order."""

    title: str
    raw: str
    readready: str


@dataclass(slots=True)
class Measured:
    """A side's runs of one question. seconds: the engine's, of each run. scanned: bytes of files that were read."""

    seconds: list[float] = field(default_factory=list)
    scanned: int = 0


def main() -> None:
    """Ask, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=400, help="CloudTrail files; 400")
    parser.add_argument("--events", type=int, default=500, help="events in each; 500")
    parser.add_argument("--days", type=int, default=7, help="days that the files are spread over; 7")
    parser.add_argument("--times", type=int, default=3, help="how often each side is asked each question; 3")
    options = parser.parse_args()
    show(auditors(options.files, options.events, options.days, options.times))


def auditors(files: int, events: int = 500, days: int = 7, times: int = 3) -> Part:
    """Load a company, run the job, ask."""
    settings = project.settings("everything")
    company = Company(seed=1, days=days, files=files, events_per_file=events)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        running = lifecycle.up(settings, home, trino.runtime())
        try:
            hermetic.enter(running.endpoint)
            stored = upload(company, settings)
            lifecycle.drained(running, LATE)
            job(running, home)
            lifecycle.drained(running, LATE)
            declare_raw(settings)
            rows = compare(questions(company), settings, times)
            kept = readready_bytes(settings)
        finally:
            lifecycle.down(home)
    units = ("s", "MB read")
    return Part(
        "The auditor's questions",
        f"{company.truth().cloudtrail.records:,} events in {files:,} files over {days} days, nothing filtered; "
        "one Trino: a JSON table over the raw files, and readready. Both must answer the same.",
        ("question", "rows", *(f"{side}, {unit}" for unit in units for side in (*SIDES, "ratio"))),
        rows,
        (
            "Trino runs as in a local lake: a heap of 1 GB, a compiler set to start fast, an embedded AWS on the same "
            "cores. The raw side, which parses more, may lose more by it.",
            f"Stored: raw {stored / 1e6:,.1f} MB, readready {kept / 1e6:,.1f} MB, {_ratio(stored, kept)} times less.",
        ),
    )


def upload(company: Company, settings: Settings) -> int:
    """The company's whole CloudTrail files into the raw bucket. Returns their bytes.

    The file that arrives cut off is left out: Trino answers no question at all over a folder that has one.
    """
    s3, size, objects = boto3.client("s3"), 0, _whole_files(company)
    bucket = next(one.bucket for one in settings.sources if one.job == "cloudtrail")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while some := list(islice(objects, 200)):
            list(pool.map(lambda one: s3.put_object(Bucket=bucket, Key=one.key, Body=one.data), some))
            size += sum(len(one.data) for one in some)
    return size


def _whole_files(company: Company) -> Iterator[RawObject]:
    for one in company.objects():
        if one.job == "cloudtrail" and "/CloudTrail/" in one.key:
            try:
                gzip.decompress(one.data) if one.key.endswith(".gz") else None
            except (EOFError, zlib.error):
                continue
            yield one


def declare_raw(settings: Settings) -> None:
    """The table over the same objects: partition for partition what AddAPart registered of from_cloudtrail_raw."""
    glue, database, table = boto3.client("glue"), settings.lake.database, TABLES["from_cloudtrail_raw"]
    fields = {one.name: one.type for one in table.columns} | {"useridentity": _IDENTITY}
    record = ",".join(f"{name}:{kind}" for name, kind in fields.items())
    storage = {**_JSON, "Columns": [{"Name": "records", "Type": f"array<struct<{record}>>"}]}
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table.name)
    partitions = [
        {
            "Values": one["Values"],
            "StorageDescriptor": {**storage, "Location": one["StorageDescriptor"]["Location"]},
        }
        for page in pages
        for one in page["Partitions"]
    ]
    location = glue.get_table(DatabaseName=database, Name=table.name)["Table"]["StorageDescriptor"]["Location"]
    glue.create_table(
        DatabaseName=database,
        TableInput={
            "Name": RAW,
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": one.name, "Type": one.type} for one in table.partition_keys],
            "StorageDescriptor": {**storage, "Location": location},
            "Parameters": {"EXTERNAL": "TRUE"},
        },
    )
    for at in range(0, len(partitions), 100):
        glue.batch_create_partition(DatabaseName=database, TableName=RAW, PartitionInputList=partitions[at : at + 100])


def questions(company: Company) -> list[Question]:
    """The five. The day is the company's last, so that the raw side reads no more days than it has to."""
    starts = [one for one in company.truth().sessions if one.outcome == "started" and one.sessionid]
    session = [one for one in starts if one.eventid and one.documentname is None][-1]
    first, last = min(one.day for one in starts), max(one.day for one in starts)
    username, address, sessionid = (
        literal(text or "") for text in (session.username, session.sourceipaddress, session.sessionid)
    )
    every = f"calendarday BETWEEN '{first}' AND '{last}'"
    start = "eventsource = 'ssm.amazonaws.com' AND eventname = 'StartSession'"
    return [
        Question(
            "The sessions of a day",
            f"""SELECT DISTINCT {_TIME}, eventid, recipientaccountid, {_NAME}, sourceipaddress, errorcode,
                json_extract_scalar(requestparameters, '$.target'), {_session("responseelements")}
            FROM {_events(last, last)} AND {start} ORDER BY 1, 2""",
            f"""SELECT eventtime, eventid, recipientaccountid, username, sourceipaddress, errorcode,
                json_extract_scalar(requestparameters, '$.target'), sessionid
            FROM {LAKE} WHERE calendarday = '{last}' AND {start} ORDER BY 1, 2""",
        ),
        Question(
            "All calls of one session",
            f"""SELECT DISTINCT {_TIME}, eventid, eventname, recipientaccountid, {_NAME}, sourceipaddress
            FROM {_events(first, last)} AND eventsource = 'ssm.amazonaws.com' AND {sessionid} IN (
                CASE eventname WHEN 'StartSession' THEN {_session("responseelements")} END,
                CASE WHEN eventname IN ('ResumeSession', 'TerminateSession')
                    THEN {_session("requestparameters")} END
            ) ORDER BY 1, 2""",
            f"""SELECT eventtime, eventid, eventname, recipientaccountid, username, sourceipaddress
            FROM {LAKE} WHERE {every} AND sessionid = {sessionid} ORDER BY 1, 2""",
        ),
        Question(
            "What a user did in all days",
            f"""SELECT {_DAY}, recipientaccountid, eventsource, eventname, count(DISTINCT eventid)
            FROM {_events(first, last)} AND {_NAME} = {username} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4""",
            f"""SELECT calendarday, recipientaccountid, eventsource, eventname, count(*)
            FROM {LAKE} WHERE {every} AND username = {username} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4""",
        ),
        Question(
            "Who came from an IP address",
            f"""SELECT {_NAME}, eventsource, eventname, count(DISTINCT eventid), min({_TIME}), max({_TIME})
            FROM {_events(first, last)} AND sourceipaddress = {address} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
            f"""SELECT username, eventsource, eventname, count(*), min(eventtime), max(eventtime)
            FROM {LAKE} WHERE {every} AND sourceipaddress = {address} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
        ),
        Question(
            "What was denied, and to whom",
            f"""SELECT useridentity.arn, eventsource, eventname, errorcode, count(DISTINCT eventid)
            FROM {_events(first, last)} AND regexp_like(lower(errorcode), '{DENIED}')
            GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4""",
            f"""SELECT useridentityarn, eventsource, eventname, errorcode, count(*)
            FROM {LAKE} WHERE {every} AND regexp_like(lower(errorcode), '{DENIED}')
            GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4""",
        ),
    ]


def _events(first: str, last: str) -> str:
    """The raw table's events of these days. No end to the days of delivery: an event may come late."""
    return f"""{RAW} CROSS JOIN UNNEST(records) WHERE calendarday >= '{first}'
                AND {_DAY} BETWEEN '{first}' AND '{last}'"""


def _session(column: str) -> str:
    return f"regexp_extract(json_extract_scalar({column}, '$.sessionId'), '[^-]+$')"


def compare(asked: list[Question], settings: Settings, times: int) -> list[tuple[str, ...]]:
    """Ask all of both sides in turns. Raises Different."""
    found = []
    for question in asked:
        measured = {side: Measured() for side in SIDES}
        rows = 0
        for turn in range(times + 1):
            if turn == 1:  # the first asking warms both sides up alike, and does not count
                measured = {side: Measured() for side in SIDES}
            answers = {side: ask(getattr(question, side), settings, measured[side]) for side in SIDES}
            check(question, *answers.values())
            rows = len(answers["raw"])
        seconds = [statistics.median(one.seconds) for one in measured.values()]
        scanned = [one.scanned / 1e6 for one in measured.values()]
        figures = [*(f"{one:.2f}" for one in seconds), _ratio(*seconds)]
        figures += [*(f"{one:,.2f}" for one in scanned), _ratio(*scanned)]
        found.append((question.title, f"{rows:,}", *figures))
        say(f"{question.title}: {' '.join(figures)}")  # a long run that is ended leaves these
    return found


def ask(sql: str, settings: Settings, measured: Measured) -> list[list[str | None]]:
    """The rows; what it took goes into `measured`. Raises RuntimeError with Athena's words if the query fails."""
    athena = boto3.client("athena")
    context = {"Database": settings.lake.database}
    query = athena.start_query_execution(
        QueryString=sql, QueryExecutionContext=context, WorkGroup=settings.lake.workgroup
    )
    execution = _ended(athena, query["QueryExecutionId"])
    if execution["Status"]["State"] != "SUCCEEDED":
        raise RuntimeError(f"{execution['Status'].get('StateChangeReason')}\n{sql}")
    measured.seconds.append(execution["Statistics"]["EngineExecutionTimeInMillis"] / 1000)
    measured.scanned = execution["Statistics"]["DataScannedInBytes"]
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query["QueryExecutionId"])
    rows = [[one.get("VarCharValue") for one in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]
    return rows[1:]  # the first is the columns' names, which the sides need not share


def _ended(athena: Any, query: str) -> dict[str, Any]:
    late = time.monotonic() + LATE
    while True:
        execution: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if execution["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
            return execution
        if time.monotonic() > late:
            athena.stop_query_execution(QueryExecutionId=query)
        time.sleep(0.1)


def check(question: Question, raw: list[list[str | None]], readready: list[list[str | None]]) -> None:
    """Both sides say the same, and something. Raises Different."""
    if raw and raw == readready:
        return
    only = [next((row for row in one if row not in other), None) for one, other in ((raw, readready), (readready, raw))]
    raise Different(
        f"{question.title}: {len(raw):,} rows of raw, {len(readready):,} of readready; "
        f"only in raw: {only[0]}; only in readready: {only[1]}"
    )


def readready_bytes(settings: Settings) -> int:
    """Of the files that readers of from_cloudtrail_readready are sent to."""
    pages = (
        boto3.client("glue")
        .get_paginator("get_partitions")
        .paginate(DatabaseName=settings.lake.database, TableName=LAKE)
    )
    size = 0
    for location in (one["StorageDescriptor"]["Location"] for page in pages for one in page["Partitions"]):
        bucket, _, folder = location.removeprefix("s3://").partition("/")
        listed = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder)
        size += sum(one["Size"] for page in listed for one in page.get("Contents", ()))
    return size


def _ratio(raw: float, readready: float) -> str:
    return f"{raw / readready:.1f}" if readready else "-"


if __name__ == "__main__":
    main()
