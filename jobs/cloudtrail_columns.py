"""CloudTrail records to Arrow columns, a thousand or so at a time: fewer cost calls, more cost cache misses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec.structs import astuple

from jobs import cloudtrail_parts as parts
from jobs.cloudtrail_records import FLAGS, JSONS, NULL, OPEN_ENDED, TEXTS, Record, Shape
from jobs.json_text import without_lone_surrogates
from jobs.redact import redact, suspects
from jobs.rows import Source
from schemas import TABLES
from schemas.arrow import arrow_schema

SCHEMA = arrow_schema(TABLES["from_cloudtrail_readready"])
_BOOLEAN = {True: True, "true": True, False: False, "false": False}
_OF_IDENTITY = ("type", "arn", "principalId", "accountId", "accessKeyId", "userName", "invokedBy")
_NO_CONTEXT = parts.Context()
_NO_ISSUER = parts.Issuer()
_NO_ATTRIBUTES = parts.Attributes()

Columns = dict[str, pa.Array]
Call = tuple[str | None, str | None]  # eventSource, eventName


class Origins:
    """Where rows come from: of each its object, by position in `sources`, and its number there."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.source_of: list[int] = []
        self.numbers: list[int] = []

    def add(self, source: Source, numbers: Sequence[int]) -> None:
        """Rows of one object."""
        if not self.sources or self.sources[-1] != source:
            self.sources.append(source)
        self.source_of += [len(self.sources) - 1] * len(numbers)
        self.numbers += numbers

    def some(self, rows: slice) -> Origins:
        """Those of some rows."""
        some = Origins()
        some.sources, some.source_of, some.numbers = self.sources, self.source_of[rows], self.numbers[rows]
        return some

    def columns(self) -> Columns:
        """The four columns of schemas.table.ORIGIN."""
        objects, etags, editions = zip(*self.sources, strict=True)
        of = pa.array(self.source_of, pa.int64())
        return {
            "sourceobject": pa.array(objects, pa.string()).take(of),
            "sourceetag": pa.array(etags, pa.string()).take(of),
            "sourcerecord": pa.array(self.numbers, pa.int64()),
            "edition": pa.array(editions, pa.int32()).take(of),
        }


def batch(shape: Shape, records: list[Record], origins: Origins) -> pa.RecordBatch:
    """The rows of records of one shape."""
    read = dict(zip(shape.type.__struct_fields__, zip(*map(astuple, records), strict=True), strict=True))
    columns: Columns = {"eventtime": pa.array(read["eventTime"], SCHEMA.field("eventtime").type)}
    columns |= {name.lower(): pa.array(read[name], pa.string()) for name in TEXTS}
    columns |= {name.lower(): pa.array(map(_BOOLEAN.get, read[name]), pa.bool_()) for name in FLAGS}
    columns |= {name.lower(): json_column(read[name], name in OPEN_ENDED) for name in JSONS}
    who, source_identities = _who(read["userIdentity"])
    columns |= who
    columns |= _of_calls(read, source_identities)
    extras = dict(zip(shape.extras, (read[name] for name in shape.extra_attributes), strict=True))
    columns["otherfields"] = _others(read["others"], extras)
    columns |= origins.columns()
    return pa.record_batch([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def json_column(texts: Sequence[parts.Buffer], open_ended: bool) -> pa.StringArray:
    """JSON texts as a column: `null` is null, a string stands without its quotes. open_ended: it can hold secrets."""
    data, offsets = _joined(texts)
    firsts = np.frombuffer(data, np.uint8)[offsets[:-1]]
    nulls = firsts == ord("n")
    odd = suspects(data, offsets) if open_ended else set()
    odd.update(np.flatnonzero(firsts == ord('"')).tolist())
    if odd:
        changed = list(texts)
        for row in odd:
            plain = _unquoted(bytes(texts[row]))
            changed[row] = redact(plain) if open_ended else plain
        data, offsets = _joined(changed)
    count = int(np.count_nonzero(nulls))
    valid = pa.py_buffer(np.packbits(~nulls, bitorder="little")) if count else None
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(data), valid, count)


def _joined(texts: Sequence[parts.Buffer]) -> tuple[bytes, Any]:
    offsets = np.zeros(len(texts) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, texts), np.int32, len(texts)), out=offsets[1:])
    return b"".join(texts), offsets


def _unquoted(text: bytes) -> bytes:
    if text[:1] != b'"' or without_lone_surrogates(text) is not text:  # no UTF-8 could hold it: it stays as it is
        return text
    unquoted: str = json.loads(text)
    return unquoted.encode()


def _who(texts: Sequence[parts.Buffer]) -> tuple[Columns, list[str | None]]:
    """The columns made of userIdentity, and the source identities. One session makes many calls: of a file's texts a
    sixth are different, so each is read once."""
    place: dict[bytes, int] = {}
    places = [place.setdefault(text, len(place)) for text in map(bytes, texts)]
    identities = parts.IDENTITIES.many(list(place))
    columns = pa.record_batch(_of_identities(identities)).take(pa.array(places, pa.int32()))
    sources = [(one.sessionContext or _NO_CONTEXT).sourceIdentity for one in identities]
    return dict(zip(columns.schema.names, columns.columns, strict=True)), [sources[at] for at in places]


def _of_identities(identities: list[parts.Identity]) -> Columns:
    values = list(zip(*map(attrgetter(*_OF_IDENTITY), identities), strict=True))
    columns = {
        f"useridentity{name.lower()}": pa.array(column, pa.string())
        for name, column in zip(_OF_IDENTITY, values, strict=True)
    }
    arns, users, services = values[1], values[5], values[6]
    columns["username"] = _usernames(arns, users, services)
    contexts = [one.sessionContext or _NO_CONTEXT for one in identities]
    issuers = [context.sessionIssuer or _NO_ISSUER for context in contexts]
    columns["sessionissuerarn"] = pa.array([issuer.arn for issuer in issuers], pa.string())
    columns["sessionissuerusername"] = pa.array([issuer.userName for issuer in issuers], pa.string())
    mfa = [(context.attributes or _NO_ATTRIBUTES).mfaAuthenticated for context in contexts]
    columns["mfaauthenticated"] = pa.array(map(_BOOLEAN.get, mfa), pa.bool_())
    return columns


def _usernames(
    arns: Sequence[str | None], users: Sequence[str | None], services: Sequence[str | None]
) -> pa.StringArray:
    """arn:aws:sts::<account>:assumed-role/<role>/<session's name>: the name; else the user's, else the service's."""
    names = [user or service or None for user, service in zip(users, services, strict=True)]
    for row, arn in enumerate(arns):
        if arn is not None and ":assumed-role/" in arn and arn.count("/") > 1:
            names[row] = arn.rpartition("/")[2] or names[row]
    return pa.array(names, pa.string())


def _of_calls(read: dict[str, Any], source_identities: list[str | None]) -> Columns:
    """What a few API calls say in their request or response: session ids, keys handed out, a source identity set."""
    calls = list(zip(read["eventSource"], read["eventName"], strict=True))
    speaking = {call for call in set(calls) if call in _SESSION_CALLS or _hands_out_keys(call)}
    rows = [row for row, call in enumerate(calls) if call in speaking] if speaking else []
    sessions: list[str | None] = [None] * len(calls)
    keys: list[str | None] = [None] * len(calls)
    requests = parts.REQUESTS.many([read["requestParameters"][row] for row in rows])
    responses = parts.RESPONSES.many([read["responseElements"][row] for row in rows])
    for row, request, response in zip(rows, requests, responses, strict=True):
        match _SESSION_CALLS.get(calls[row]):
            case "response":
                sessions[row] = _session_id(response.sessionId)
            case "response.session":
                sessions[row] = _session_id(response.session.sessionId if response.session else None)
            case "request":
                sessions[row] = _session_id(request.sessionId)
            case _:
                keys[row] = response.credentials.accessKeyId if response.credentials else None
                if source_identities[row] is None:
                    source_identities[row] = request.sourceIdentity
    return {
        "sessionid": pa.array(sessions, pa.string()),
        "issuedaccesskeyid": pa.array(keys, pa.string()),
        "sourceidentity": pa.array(source_identities, pa.string()),
    }


# Where the session's id is. Athena and Glue have a StartSession, too, of another kind.
_SESSION_CALLS: dict[Call, str] = {
    ("ssm.amazonaws.com", "StartSession"): "response",
    ("ssm.amazonaws.com", "ResumeSession"): "request",
    ("ssm.amazonaws.com", "TerminateSession"): "request",
    ("ecs.amazonaws.com", "ExecuteCommand"): "response.session",
}


def _hands_out_keys(call: Call) -> bool:
    source, name = call
    if source != "sts.amazonaws.com" or name is None:
        return False
    return name.startswith("Assume") or name in ("GetSessionToken", "GetFederationToken")


def _session_id(name: str | None) -> str | None:
    """What follows the last '-' of a session's name; the part before it is the user's and may hold dashes."""
    return (name or "").rpartition("-")[2] or None


def _others(others: Sequence[dict[str, bytes] | None], extras: Mapping[str, Sequence[parts.Buffer]]) -> pa.StringArray:
    """Fields without a column, one JSON object a record, sorted by name: two copies of an event must give one text."""
    found: dict[int, dict[str, bytes]] = {}
    if any(others):
        found = {row: dict(one) for row, one in enumerate(others) if one}
    for name, raws in extras.items():
        for row in [row for row, raw in enumerate(raws) if raw is not NULL]:
            found.setdefault(row, {})[name] = bytes(raws[row])
    if not found:
        return pa.nulls(len(others), pa.string())
    texts = [b"null"] * len(others)
    for row, fields in found.items():
        pairs = (json.dumps(name, ensure_ascii=False).encode() + b":" + fields[name] for name in sorted(fields))
        texts[row] = b"{" + b",".join(pairs) + b"}"
    return json_column(texts, open_ended=True)
