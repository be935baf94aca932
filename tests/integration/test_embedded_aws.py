"""The embedded AWS keeps the promises of AWS that the lake builds on; a lake starts, runs and ends without a trace."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import boto3
import pyarrow as pa
import pyarrow.orc as orc
import pytest
from botocore.exceptions import ClientError

from infra import resources
from infra.local import lifecycle, processes, worker
from infra.local.resources import create
from lake import keys
from lake.settings import Settings, parse
from lake.store import Gone, Store
from schemas import TABLES
from schemas.arrow import arrow_schema
from schemas.glue import partition_input

SETTINGS = parse((Path(__file__).parents[2] / "lake.toml").read_text())
RAW, BOOKS = "loglake-raw-cloudtrail", "loglake-books"


class Clients:
    """boto3's clients of the embedded AWS, with the declared lake on it."""

    def __init__(self) -> None:
        create(SETTINGS)
        self.s3, self.sqs, self.glue, self.athena = (boto3.client(name) for name in ("s3", "sqs", "glue", "athena"))
        self.queue = self.sqs.get_queue_url(QueueName=SETTINGS.lake.queue)["QueueUrl"]
        self.heard()  # S3's test events

    def receive(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get(
            "Messages", []
        )
        return found

    def heard(self) -> list[dict[str, Any]]:
        """The s3 parts of all messages that wait, taken off the queue."""
        events = []
        while messages := self.receive():
            for one in messages:
                events += [
                    record["s3"] | {"name": record["eventName"]}
                    for record in json.loads(one["Body"]).get("Records", [])
                ]
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])
        return events

    def counts(self, queue: str = "") -> tuple[int, int]:
        """Messages waiting and in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=queue or self.queue, AttributeNames=names)["Attributes"]
        return int(answer[names[0]]), int(answer[names[1]])


@pytest.fixture
def clients(aws: str) -> Clients:
    assert aws == os.environ["AWS_ENDPOINT_URL"]
    return Clients()


def code(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


# -- S3 --------------------------------------------------------------------------------------------------------------


def test_every_way_to_create_an_object_is_announced_with_its_key_etag_and_size(clients: Clients) -> None:
    odd = "AWSLogs/a b+c=é&d%.json.gz"
    clients.s3.put_object(Bucket=RAW, Key=odd, Body=b"12345")
    clients.s3.copy_object(Bucket=RAW, Key="copied", CopySource={"Bucket": RAW, "Key": odd})
    upload = clients.s3.create_multipart_upload(Bucket=RAW, Key="parts")["UploadId"]
    part = clients.s3.upload_part(Bucket=RAW, Key="parts", UploadId=upload, PartNumber=1, Body=b"abcdef")
    done = clients.s3.complete_multipart_upload(
        Bucket=RAW, Key="parts", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    events = clients.heard()
    assert [(one["name"], unquote_plus(one["object"]["key"]), one["object"]["size"]) for one in events] == [
        ("ObjectCreated:Put", odd, 5),
        ("ObjectCreated:Copy", "copied", 5),
        ("ObjectCreated:CompleteMultipartUpload", "parts", 6),
    ]
    assert events[0]["object"]["key"] == "AWSLogs%2Fa+b%2Bc%3D%C3%A9%26d%25.json.gz"
    assert events[0]["object"]["eTag"] == "827ccb0eea8a706c4c34a16891f84e7b"  # md5 of 12345
    assert events[2]["object"]["eTag"] == done["ETag"].strip('"')
    assert {one["bucket"]["name"] for one in events} == {RAW}


def test_of_the_lakes_own_buckets_only_the_books_markers_are_announced(clients: Clients) -> None:
    for bucket in resources.own_buckets(SETTINGS):
        clients.s3.put_object(Bucket=bucket, Key="inbox/x", Body=b"x")
        clients.s3.put_object(Bucket=bucket, Key=keys.marker("t", "2024-03-03", 1), Body=b"x")
    events = clients.heard()
    assert [(one["bucket"]["name"], unquote_plus(one["object"]["key"])) for one in events] == [
        (BOOKS, keys.marker("t", "2024-03-03", 1))
    ]


def test_of_many_create_only_puts_of_one_key_exactly_one_succeeds(clients: Clients) -> None:
    store = Store(SETTINGS.lake.region)
    attempts = [(key, str(number).encode()) for key in map(str, range(30)) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda one: store.create(BOOKS, f"plans/{one[0]}", one[1]), attempts))
    winners = [one for one, created in zip(attempts, won, strict=True) if created]
    assert Counter(key for key, _ in winners) == Counter(map(str, range(30)))
    assert all(store.get(BOOKS, f"plans/{key}") == content for key, content in winners)
    listed = clients.s3.list_objects_v2(Bucket=BOOKS, Prefix="plans/")["KeyCount"]
    assert listed == 30


def test_an_overwritten_object_is_not_read_as_its_predecessor(clients: Clients) -> None:
    store = Store(SETTINGS.lake.region)
    etag = clients.s3.put_object(Bucket=RAW, Key="k", Body=b"old")["ETag"].strip('"')
    assert store.get(RAW, "k", etag) == b"old"
    clients.s3.put_object(Bucket=RAW, Key="k", Body=b"new")
    with pytest.raises(Gone):
        store.get(RAW, "k", etag)
    with pytest.raises(Gone):
        store.get(RAW, "never there")


def test_ranges_copies_listings_and_odd_keys(clients: Clients) -> None:
    store = Store(SETTINGS.lake.region)
    names = ["a//b", "a/ü €.gz", "a/per%20cent", "a/plus+", "b"]
    for name in names:
        clients.s3.put_object(Bucket=BOOKS, Key=name, Body=name.encode())
        assert store.get(BOOKS, name) == name.encode()
    assert store.get_range(BOOKS, "a/plus+", 2, 3) == b"plu"
    store.copy(BOOKS, "a/plus+", "b/copy")
    assert store.get(BOOKS, "b/copy") == b"a/plus+"
    answer = clients.s3.list_objects_v2(Bucket=BOOKS, Prefix="a/", MaxKeys=2)
    assert [one["Key"] for one in answer["Contents"]] == ["a//b", "a/per%20cent"]
    more = clients.s3.list_objects_v2(Bucket=BOOKS, Prefix="a/", ContinuationToken=answer["NextContinuationToken"])
    assert [one["Key"] for one in more["Contents"]] == ["a/plus+", "a/ü €.gz"]


def test_large_objects_and_empty_ones_arrive_whole(clients: Clients) -> None:
    store = Store(SETTINGS.lake.region)
    large = os.urandom(1 << 20) * 20
    store.put(RAW, "large", io.BytesIO(large))
    store.put(RAW, "empty", b"")
    assert store.get(RAW, "large") == large
    assert store.get(RAW, "empty") == b""
    assert clients.s3.head_object(Bucket=RAW, Key="large")["ContentLength"] == len(large)


SIGNED = "Authorization: AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/s3/aws4_request, Signature=x\r\n"


def spoken(endpoint: str, *requests: str) -> str:
    """What the embedded AWS answers to requests on one connection, byte for byte, until it closes."""
    with socket.create_connection(("127.0.0.1", int(endpoint.rsplit(":", 1)[1])), timeout=30) as connection:
        connection.sendall("".join(requests).encode())
        return b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode()


def test_bodies_may_come_in_chunks_or_after_a_question_and_connections_stay_open(aws: str, clients: Clients) -> None:
    answer = spoken(
        aws,
        f"PUT /{BOOKS}/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n{SIGNED}\r\n",
        "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        f"PUT /{BOOKS}/m HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n{SIGNED}\r\nhi",
        f"HEAD /{BOOKS}/k HTTP/1.1\r\nHost: localhost\r\n{SIGNED}\r\n",
        f"GET /{BOOKS}/m HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{SIGNED}\r\n",
    )
    statuses = re.findall(r"HTTP/1\.1 (\d+)", answer)
    assert statuses == ["200", "100", "200", "200", "200"]
    assert answer.endswith("\r\n\r\nhi")
    assert clients.s3.get_object(Bucket=BOOKS, Key="k")["Body"].read() == b"abcde"


@pytest.mark.parametrize(
    "request_text",
    [
        f"GET /{BOOKS} HTTP/1.1\r\nHost: rebound.example.com\r\nConnection: close\r\n{SIGNED}\r\n",
        f"GET /{BOOKS} HTTP/1.1\r\nHost: 127.0.0.1.example.com\r\nConnection: close\r\n{SIGNED}\r\n",
        f"GET /{BOOKS} HTTP/1.1\r\nConnection: close\r\n{SIGNED}\r\n",
    ],
)
def test_who_calls_this_machine_by_another_name_is_refused(aws: str, request_text: str) -> None:
    assert spoken(aws, request_text).startswith("HTTP/1.1 400 ")


# -- SQS -------------------------------------------------------------------------------------------------------------


def test_a_burst_of_announcements_is_taken_once_each_while_more_arrive(clients: Clients) -> None:
    taken: Counter[str] = Counter()

    def take(_: int) -> None:
        for _attempt in range(60):
            for one in clients.receive():
                taken[json.loads(one["Body"])["Records"][0]["s3"]["object"]["key"]] += 1
                clients.sqs.delete_message(QueueUrl=clients.queue, ReceiptHandle=one["ReceiptHandle"])

    with ThreadPoolExecutor(8) as pool:
        taking = [pool.submit(take, number) for number in range(4)]
        list(pool.map(lambda n: clients.s3.put_object(Bucket=RAW, Key=str(n), Body=b""), range(300)))
        for one in taking:
            one.result()
    take(0)
    assert taken == Counter(map(str, range(300)))
    assert clients.counts() == (0, 0)


def test_a_message_that_is_not_deleted_comes_again_and_after_five_times_is_a_dead_letter(clients: Clients) -> None:
    clients.sqs.send_message(QueueUrl=clients.queue, MessageBody="poison")
    for _ in range(5):
        (message,) = clients.receive()
        assert message["Body"] == "poison"
        assert clients.counts() == (0, 1)
        clients.sqs.change_message_visibility(
            QueueUrl=clients.queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
    assert clients.receive() == []
    dead = clients.sqs.get_queue_url(QueueName=resources.dead_letters(SETTINGS).name)["QueueUrl"]
    assert clients.counts(dead) == (1, 0)


class Handled:
    """A handler that remembers its events and hands back what a test wants handed back."""

    def __init__(self, refuse: str = "", fails: bool = False) -> None:
        self.refuse, self.fails = refuse, fails
        self.bodies: list[list[str]] = []

    def __call__(self, event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
        self.bodies.append([one["body"] for one in event["Records"]])
        if self.fails:
            raise RuntimeError("out of order")
        refused = [one["messageId"] for one in event["Records"] if one["body"] == self.refuse]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in refused]}


def mapping(clients: Clients, handler: worker.Handler) -> worker.Mapping:
    return worker.Mapping(clients.sqs, clients.queue, "arn:aws:sqs:us-east-1:111122223333:q", handler, lambda _: None)


def send(clients: Clients, *bodies: str) -> None:
    for body in bodies:
        clients.sqs.send_message(QueueUrl=clients.queue, MessageBody=body)


def test_the_worker_takes_many_messages_an_invocation_and_deletes_what_was_taken(clients: Clients) -> None:
    handler = Handled()
    send(clients, *map(str, range(45)))
    assert mapping(clients, handler).once(0) == 45
    assert sorted(int(body) for body in handler.bodies[0]) == list(range(45))
    assert clients.counts() == (0, 0)


def test_the_worker_gives_back_only_the_messages_that_the_handler_names(clients: Clients) -> None:
    send(clients, "good", "bad", "good")
    assert mapping(clients, Handled(refuse="bad")).once(0) == 3
    assert clients.counts() == (0, 1)


def test_the_worker_gives_back_all_messages_of_an_invocation_that_fails(clients: Clients) -> None:
    send(clients, "one", "two")
    assert mapping(clients, Handled(fails=True)).once(0) == 2
    assert clients.counts() == (0, 2)


# -- Glue ------------------------------------------------------------------------------------------------------------


def test_the_catalog_holds_what_is_declared(clients: Clients) -> None:
    tables = clients.glue.get_tables(DatabaseName=SETTINGS.lake.database)["TableList"]
    declared = {one["Name"]: one for one in resources.table_inputs(SETTINGS)}
    assert {one["Name"] for one in tables} == set(declared) >= {"sessions", "transcript", *TABLES}
    for one in tables:
        wanted = declared[one["Name"]]["StorageDescriptor"]
        assert {name: one["StorageDescriptor"][name] for name in wanted} == wanted


def test_registering_a_partition_twice_is_told_per_partition_and_changes_nothing(clients: Clients) -> None:
    table = TABLES["from_cloudtrail_readready"]
    where = {"DatabaseName": SETTINGS.lake.database, "TableName": table.name}
    first, second, other = (
        partition_input(table, (day,), f"s3://loglake-readready/{folder}/")
        for day, folder in (("2024-03-03", "one"), ("2024-03-03", "two"), ("2024-03-04", "three"))
    )
    assert clients.glue.batch_create_partition(**where, PartitionInputList=[first]).get("Errors", []) == []
    errors = clients.glue.batch_create_partition(**where, PartitionInputList=[second, other])["Errors"]
    assert [(one["PartitionValues"], one["ErrorDetail"]["ErrorCode"]) for one in errors] == [
        (["2024-03-03"], "AlreadyExistsException")
    ]

    def location(day: str) -> str:
        found = clients.glue.get_partition(**where, PartitionValues=[day])["Partition"]
        return str(found["StorageDescriptor"]["Location"])

    assert location("2024-03-03") == "s3://loglake-readready/one/"
    assert location("2024-03-04") == "s3://loglake-readready/three/"
    clients.glue.update_partition(**where, PartitionValueList=["2024-03-03"], PartitionInput=second)
    assert location("2024-03-03") == "s3://loglake-readready/two/"
    with pytest.raises(ClientError) as caught:
        clients.glue.update_partition(**where, PartitionValueList=["1999-01-01"], PartitionInput=second)
    assert code(caught) == "EntityNotFoundException"


# -- Athena ----------------------------------------------------------------------------------------------------------


def publish(clients: Clients, day: str, rows: list[dict[str, Any]]) -> None:
    """Rows of from_cloudtrail_readready as the lake publishes them: an ORC file in a folder that is registered."""
    table = TABLES["from_cloudtrail_readready"]
    sink = io.BytesIO()
    orc.write_table(pa.Table.from_pylist(rows, arrow_schema(table)), sink, compression="zlib")
    folder = keys.generation(table.name, day, 1)
    clients.s3.put_object(Bucket="loglake-readready", Key=f"{folder}part-0.orc", Body=sink.getvalue())
    clients.glue.batch_create_partition(
        DatabaseName=SETTINGS.lake.database,
        TableName=table.name,
        PartitionInputList=[partition_input(table, (day,), f"s3://loglake-readready/{folder}")],
    )


def finished(clients: Clients, sql: str, **options: Any) -> dict[str, Any]:
    """The execution of a query after its end."""
    options = {"WorkGroup": SETTINGS.lake.workgroup, "QueryExecutionContext": {"Database": "loglake"}} | options
    query = clients.athena.start_query_execution(QueryString=sql, **options)["QueryExecutionId"]
    return ended(clients, query)


def ended(clients: Clients, query: str) -> dict[str, Any]:
    late = time.monotonic() + 30
    while time.monotonic() < late:
        execution: dict[str, Any] = clients.athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return execution
    raise TimeoutError(query)


def rows_of(page: dict[str, Any]) -> list[list[str | None]]:
    return [[value.get("VarCharValue") for value in row["Data"]] for row in page["ResultSet"]["Rows"]]


EVENTS = [
    {"eventid": "e1", "eventtime": datetime(2024, 3, 3, 22, 22, 55), "eventname": "StartSession", "readonly": False},  # noqa: DTZ001
    {"eventid": "e2", "eventtime": datetime(2024, 3, 3, 23, 59, 59), "errormessage": 'no, "never"'},  # noqa: DTZ001
]


def test_a_query_is_answered_from_the_published_day_and_stored_as_csv(clients: Clients) -> None:
    publish(clients, "2024-03-03", EVENTS)
    sql = (
        "SELECT eventid, eventtime, readonly, errormessage FROM from_cloudtrail_readready "
        "WHERE calendarday = ? ORDER BY eventtime"
    )
    execution = finished(clients, sql, ExecutionParameters=["'2024-03-03'"])
    assert execution["Status"]["State"] == "SUCCEEDED"
    assert execution["StatementType"] == "DML"
    assert execution["Statistics"]["DataScannedInBytes"] > 0
    page = clients.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert rows_of(page) == [
        ["eventid", "eventtime", "readonly", "errormessage"],
        ["e1", "2024-03-03 22:22:55.000", "false", None],
        ["e2", "2024-03-03 23:59:59.000", None, 'no, "never"'],
    ]
    assert [one["Type"] for one in page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]] == [
        "varchar", "timestamp", "boolean", "varchar",
    ]  # fmt: skip
    where = execution["ResultConfiguration"]["OutputLocation"]
    assert where == f"s3://loglake-query-results/athena/{execution['QueryExecutionId']}.csv"
    stored = clients.s3.get_object(Bucket="loglake-query-results", Key=where.split("/", 3)[3])["Body"].read()
    assert stored.decode() == (
        '"eventid","eventtime","readonly","errormessage"\n'
        '"e1","2024-03-03 22:22:55.000","false",\n'
        '"e2","2024-03-03 23:59:59.000",,"no, ""never"""\n'
    )


def test_an_answer_is_paged(clients: Clients) -> None:
    query = finished(clients, "SELECT x FROM UNNEST(sequence(1, 5)) AS u(x)")["QueryExecutionId"]
    pages = clients.athena.get_paginator("get_query_results").paginate(
        QueryExecutionId=query, PaginationConfig={"PageSize": 2}
    )
    assert [rows_of(page) for page in pages] == [[["x"], ["1"]], [["2"], ["3"]], [["4"], ["5"]]]


def test_the_declared_views_answer_on_an_empty_lake(clients: Clients) -> None:
    for view in ("sessions", "transcript"):
        execution = finished(clients, f"SELECT * FROM {view}")
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        page = clients.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
        table = clients.glue.get_table(DatabaseName="loglake", Name=view)["Table"]
        declared = [(one["Name"], one["Type"]) for one in table["StorageDescriptor"]["Columns"]]
        presto = {"varchar": "string", "integer": "int"}
        info = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        assert [(one["Name"], presto.get(one["Type"], one["Type"])) for one in info] == declared


def test_a_failed_query_says_why_and_has_no_results(clients: Clients) -> None:
    execution = finished(clients, "SELECT * FROM nowhere")
    assert execution["Status"]["State"] == "FAILED"
    reason = "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.loglake.nowhere' does not exist"
    assert execution["Status"]["StateChangeReason"] == reason
    assert execution["Status"]["AthenaError"]["ErrorCategory"] == 2
    with pytest.raises(ClientError, match="did not finish successfully"):
        clients.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])


def test_a_stopped_query_is_cancelled(clients: Clients) -> None:
    many = "UNNEST(sequence(1, 100000))"
    query = clients.athena.start_query_execution(
        QueryString=f"SELECT count(*) FROM {many} a(x) CROSS JOIN {many} b(y) WHERE x * y = 7",
        WorkGroup=SETTINGS.lake.workgroup,
    )["QueryExecutionId"]
    clients.athena.stop_query_execution(QueryExecutionId=query)
    assert ended(clients, query)["Status"]["State"] == "CANCELLED"


def test_show_tables_has_no_header_row(clients: Clients) -> None:
    execution = finished(clients, "SHOW TABLES 'lake_*'")
    assert execution["StatementType"] == "UTILITY"
    page = clients.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert rows_of(page) == [
        ["lake_generations"],
        ["lake_ledger"],
        ["lake_quality"],
        ["lake_quarantine"],
        ["lake_verified"],
    ]


def test_results_go_where_the_workgroup_says_whatever_the_client_asks(clients: Clients) -> None:
    asked = {"OutputLocation": f"s3://{BOOKS}/elsewhere/"}
    execution = finished(clients, "SELECT 1", ResultConfiguration=asked)
    assert execution["ResultConfiguration"]["OutputLocation"].startswith("s3://loglake-query-results/athena/")
    free = finished(clients, "SELECT 1", ResultConfiguration=asked, WorkGroup="primary")
    assert free["ResultConfiguration"]["OutputLocation"].startswith(f"s3://{BOOKS}/elsewhere/")


@pytest.mark.parametrize("options", [{"WorkGroup": "nobodys"}, {"WorkGroup": "primary"}])
def test_a_query_without_workgroup_or_output_location_is_refused(clients: Clients, options: dict[str, str]) -> None:
    with pytest.raises(ClientError) as caught:
        clients.athena.start_query_execution(QueryString="SELECT 1", **options)
    assert code(caught) == "InvalidRequestException"


# -- a lake's life ---------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "a lake's home"
    yield folder
    processes.end(folder)


def test_a_lake_comes_up_works_is_replaced_and_goes_down(home: Path) -> None:
    first = lifecycle.up(SETTINGS, home)
    assert lifecycle.running(home) == first
    environment = lifecycle.environment(first)
    script = (
        "import boto3; s3 = boto3.client('s3');"
        f"[s3.put_object(Bucket='{RAW}', Key=f'put/2024/03/03/{{n}}.json', Body=b'x') for n in range(20)];"
        f"assert s3.get_object(Bucket='{BOOKS}', Key='{keys.SETTINGS}')['Body'].read()"
    )
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=60)
    lifecycle.drained(first, timeout=30)
    assert lifecycle.dead_letters(first) == 0
    count = (
        "import boto3; print(len(boto3.client('glue').get_partitions("
        "DatabaseName='loglake', TableName='from_cloudtrail_raw')['Partitions']))"
    )
    done = subprocess.run([sys.executable, "-c", count], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "1", done.stderr

    second = lifecycle.up(SETTINGS, home)
    assert set(processes.find(home)) == {second.server, second.worker}
    assert {second.server, second.worker}.isdisjoint({first.server, first.worker})
    assert lifecycle.running(home) == second
    with pytest.raises(lifecycle.LakeError, match="is not running any more"):
        lifecycle.drained(first, timeout=0)  # gone: it says so instead of waiting

    os.kill(second.worker, signal.SIGKILL)
    while second.worker in processes.find(home):
        pass
    assert lifecycle.running(home) is None  # half a lake is none
    assert lifecycle.down(home) is True
    assert processes.find(home) == {}
    assert lifecycle.running(home) is None
    assert lifecycle.down(home) is False


def test_a_lake_that_cannot_start_leaves_no_process_and_says_where_to_look(home: Path) -> None:
    broken: Settings = replace(SETTINGS, text="[lake]\nno such setting = 1\n")
    with pytest.raises(lifecycle.LakeError, match=r"server of the local lake ended with code 1: .*server\.log"):
        lifecycle.up(broken, home)
    assert processes.find(home) == {}
    assert lifecycle.running(home) is None


def test_an_interrupted_start_leaves_no_process(home: Path) -> None:
    script = (  # its own SIGINT handler: whoever was started in the background inherits that Ctrl-C is ignored
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from pathlib import Path; from infra.local import lifecycle; from lake.settings import parse;"
        "lifecycle.up(parse(Path('lake.toml').read_text()), Path(sys.argv[1]))"
    )
    root = Path(__file__).parents[2]
    starting = subprocess.Popen([sys.executable, "-c", script, str(home)], cwd=root, stderr=subprocess.PIPE)
    while not (home / "server.json").exists():
        assert starting.poll() is None
    starting.send_signal(signal.SIGINT)
    _, said = starting.communicate(timeout=30)
    assert b"KeyboardInterrupt" in said
    assert processes.find(home) == {}


def test_a_stale_state_never_ends_a_process_that_is_not_the_lakes(home: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    home.mkdir()
    state = {"home": str(home), "endpoint": "http://127.0.0.1:9", "region": "us-east-1", "settings": "s3://b/k"}
    (home / "state.json").write_text(json.dumps(state | {"server": stranger.pid, "worker": stranger.pid}))
    assert lifecycle.running(home) is None
    assert lifecycle.down(home) is False
    assert stranger.poll() is None
    stranger.communicate(b"\n", timeout=30)
