"""Who called what: every request to the embedded AWS, as IAM would judge it.

A `Recorder` stands before the embedded AWS. Who called is the access key id that the request was signed with; what, is
read from the request itself: so it makes no difference whether boto3, obstore or awswrangler made it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree

from infra.local.http import Application, Environ
from infra.local.server import ACCOUNT

REGION = "us-east-1"
_SIGNED = re.compile(r"Credential=([^/,]+)/\d{8}/[^/]+/([a-z0-9-]+)/aws4_request")


class Need(NamedTuple):
    """What a caller must be allowed to do. prefix: of a LIST (the condition key s3:prefix), None where none is said."""

    action: str
    resource: str
    prefix: str | None = None

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}" + (f" under {self.prefix!r}" if self.prefix is not None else "")


class Recorder:
    """A WSGI application before another one. needs: by access key id, what its requests needed, each once."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._workgroups: dict[str, str] = {}  # of Athena's queries: its other calls name only the query
        self.needs: dict[str, dict[Need, None]] = {}

    def __call__(self, environ: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
        """Pass the request on, and note what it needed. S3's PUTs are not read."""
        signed = _SIGNED.search(environ.get("HTTP_AUTHORIZATION", ""))
        body = b""
        if environ["REQUEST_METHOD"] == "POST":
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = BytesIO(body)
        asked = dict(environ)  # moto changes it
        status = ""

        def start(line: str, headers: Any, *more: Any) -> object:
            nonlocal status
            status = line
            return start_response(line, headers, *more)

        answer = b"".join(self._application(environ, start))
        if signed:
            key, service = signed.groups()
            found = _s3(asked, body, status) if service == "s3" else self._json(service, asked, body, answer)
            self.needs.setdefault(key, {}).update(dict.fromkeys(found))
        return [answer]

    def _json(self, service: str, environ: Environ, body: bytes, answer: bytes) -> Iterator[Need]:
        operation = environ["HTTP_X_AMZ_TARGET"].rsplit(".", 1)[1]
        asked = json.loads(body)
        if service == "athena":
            if operation == "StartQueryExecution":
                self._workgroups[json.loads(answer).get("QueryExecutionId", "")] = asked["WorkGroup"]
            query = asked.get("QueryExecutionId") or (asked.get("QueryExecutionIds") or [""])[0]
            group = asked.get("WorkGroup") or self._workgroups.get(query, "")
            yield Need(f"athena:{operation}", _arn("athena", f"workgroup/{group}"))
        elif service == "glue":
            yield from (Need(f"glue:{operation}", one) for one in _glue(asked))
        elif service == "sqs":
            name = asked.get("QueueName") or asked["QueueUrl"].rsplit("/", 1)[-1]
            yield Need(f"sqs:{operation.removesuffix('Batch')}", _arn("sqs", name))
        else:
            yield Need(f"{service}:{operation}", "*")


def _arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def _glue(asked: dict[str, Any]) -> Iterator[str]:
    """A call about a table needs its right on the catalog and the database as well; one that lists tables, on all.

    Source: AWS Glue, "Specifying AWS Glue resource ARNs".
    """
    yield _arn("glue", "catalog")
    database = asked.get("DatabaseName") or asked.get("DatabaseInput", {}).get("Name") or asked.get("Name", "*")
    yield _arn("glue", f"database/{database}")
    if "DatabaseName" in asked:
        table = asked.get("TableName") or asked.get("TableInput", {}).get("Name") or asked.get("Name", "*")
        yield _arn("glue", f"table/{database}/{table}")


def _s3(environ: Environ, body: bytes, status: str) -> Iterator[Need]:
    """S3's requests, in path style (S3, "Required permissions for Amazon S3 API operations")."""
    path, _, query = environ["RAW_URI"].partition("?")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    asked = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
    of_bucket, of_object = f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/{key}"
    method = environ["REQUEST_METHOD"]
    if not key:
        yield from _of_bucket(method, of_bucket, asked, body)
    elif method in ("GET", "HEAD"):
        yield Need("s3:GetObjectVersion" if "versionId" in asked else "s3:GetObject", of_object)
        if status.startswith("404"):
            # "If you don't have s3:ListBucket, S3 returns 403": then a missing object would look like a refused one.
            yield Need("s3:ListBucket", of_bucket)
    elif method == "DELETE":
        yield Need("s3:AbortMultipartUpload" if "uploadId" in asked else "s3:DeleteObject", of_object)
    else:
        if source := environ.get("HTTP_X_AMZ_COPY_SOURCE"):
            yield Need("s3:GetObject", f"arn:aws:s3:::{unquote(source).removeprefix('/')}")
        yield Need("s3:PutObject", of_object)
        if "HTTP_X_AMZ_OBJECT_LOCK_MODE" in environ:
            yield Need("s3:PutObjectRetention", of_object)


def _of_bucket(method: str, bucket: str, asked: dict[str, str], body: bytes) -> Iterator[Need]:
    if method == "POST" and "delete" in asked:
        for one in ElementTree.fromstring(body).iter():
            if one.tag.endswith("Key"):
                yield Need("s3:DeleteObject", f"{bucket}/{one.text}")
    elif "location" in asked:
        yield Need("s3:GetBucketLocation", bucket)
    elif "object-lock" in asked:
        yield Need("s3:GetBucketObjectLockConfiguration", bucket)
    elif method == "GET" and not asked.keys() & {"versions", "uploads", "policy", "acl"}:
        yield Need("s3:ListBucket", bucket, asked.get("prefix", ""))
    elif method == "HEAD":
        yield Need("s3:ListBucket", bucket)
    else:
        yield Need(f"s3:{method} bucket {sorted(asked)}", bucket)  # no policy has it: let it be looked at
