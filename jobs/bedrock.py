"""Amazon Bedrock's model invocation logs: a record -> a row of from_bedrock_readready.

Sources: Amazon Bedrock user guide, "Monitor model invocation using CloudWatch Logs and Amazon S3"; records as public
code reads them. Bodies of more than 100 KB are objects of their own, under data/ beside the logs: the record names them
by path, the job reads them only to hash them (lake_ledger.sha256), and no row holds them.
"""

from __future__ import annotations

import re

import msgspec

from jobs.bedrock_bodies import answered, asked
from jobs.envelopes import Trouble
from jobs.json_lines import Decoder as JsonLines
from jobs.json_lines import Fields, Row, account, fields, instant, number, text
from jobs.json_lines import Rules as Plain
from jobs.rows import Outcome, Source
from lake.settings import Filters
from schemas import TABLES

_BODY = re.compile(r"/\d{4}/\d\d/\d\d/\d\d/data/[^/]+\Z")
_MODEL = re.compile(r"(?:.*/)?(?:(?:us|eu|apac|jp|au|ca|sa|us-gov|global)\.)?([a-z0-9-]+\.[\w.:-]+)")
_OPAQUE = re.compile(r"arn:.*:(?:application-inference-profile|provisioned-model|imported-model|prompt-router)/")
_KNOWN = {
    "schemaType", "schemaVersion", "timestamp", "accountId", "identity", "region", "inferenceRegion", "requestId",
    "operation", "modelId", "errorCode", "input", "output",
}  # fmt: skip
_INPUT = {
    "inputContentType", "inputBodyJson", "inputBodyS3Path", "inputTokenCount", "cacheReadInputTokenCount",
    "cacheWriteInputTokenCount",
}  # fmt: skip
_OUTPUT = {"outputContentType", "outputBodyJson", "outputBodyS3Path", "outputTokenCount"}
_TABLE = TABLES["from_bedrock_readready"]
_WANTED = "Bedrock model invocation"
_NO_TIME = "the timestamp is missing, or is no time between 2014 and 2100"


class Rules(Plain):
    """The filters: what all sources have, and `models`."""

    def __init__(self, filters: Filters) -> None:
        super().__init__(filters)
        models = () if filters.everything else filters.own.get("models", ())
        self._models = frozenset(models)
        self._begin = tuple(name[:-1] for name in models if name.endswith("*"))

    def row(self, row: Row) -> str:
        """The rule that drops a row, or ''."""
        names = [name for name in (row["modelid"], row["model"]) if name]
        wanted = not self._models or any(name in self._models or name.startswith(self._begin) for name in names)
        found = super().row(row)
        return found if found == "removal" or wanted else "model"


class Decoder(JsonLines):
    """See jobs.rows.Decoder. A body that lies by itself is a record that is filtered, by the rule `body`."""

    def __init__(self, filters: Filters, object_bytes: int) -> None:
        super().__init__(
            _TABLE.name,
            _without_bodies if filters.own.get("bodies") == ("left out",) else read,
            Rules(filters),
            object_bytes,
            _WANTED,
        )

    def add(self, source: Source, data: bytes) -> Outcome:
        """Decode one object. Never raises."""
        if _BODY.search(source.object):
            return Outcome(1, filtered={"body": 1}, unpacked=len(data))
        return super().add(source, data)


def read(data: bytes) -> Row | Trouble | None:
    """A record's row, without its origin; why it has none; None if it is no model invocation."""
    record = fields(data)
    if text(record.get("schemaType")) != "ModelInvocationLog" and not {"modelId", "operation"} <= record.keys():
        return None
    time = instant(text(record.get("timestamp")))
    if time is None:
        return Trouble("no-time", _NO_TIME, data)
    sent, got = fields(record.get("input")), fields(record.get("output"))
    modelid = text(record.get("modelId"))
    arn = text(fields(record.get("identity")).get("arn"))
    question, answer = asked(sent.get("inputBodyJson")), answered(got.get("outputBodyJson"))
    return {
        "requestid": text(record.get("requestId")),
        "eventtime": time,
        "accountid": account(text(record.get("accountId"))),
        "awsregion": text(record.get("region")),
        "inferenceregion": text(record.get("inferenceRegion")),
        "operation": text(record.get("operation")),
        "modelid": modelid,
        "model": model(modelid),
        "useridentityarn": arn,
        "username": arn.rpartition("/")[2] or None if arn and "/" in arn else None,
        "inputtokens": _first(number(sent.get("inputTokenCount")), answer.inputtokens),
        "outputtokens": _first(number(got.get("outputTokenCount")), answer.outputtokens),
        "cachereadtokens": number(sent.get("cacheReadInputTokenCount")),
        "cachewritetokens": number(sent.get("cacheWriteInputTokenCount")),
        "latencyms": answer.latencyms,
        "stopreason": answer.stopreason,
        "guardrailid": question.guardrail,
        "guardrailaction": answer.guardrail,
        "errorcode": text(record.get("errorCode")),
        "prompt": question.prompt,
        "systemprompt": question.system,
        "answer": answer.text,
        "images": _images(question.images, answer.images),
        "inputcontenttype": text(sent.get("inputContentType")),
        "outputcontenttype": text(got.get("outputContentType")),
        "inputbody": _exact(sent.get("inputBodyJson")),
        "outputbody": _exact(got.get("outputBodyJson")),
        "inputbodys3path": text(sent.get("inputBodyS3Path")),
        "outputbodys3path": text(got.get("outputBodyS3Path")),
        "otherfields": _others(record, sent, got),
    }


def _without_bodies(data: bytes) -> Row | Trouble | None:
    row = read(data)
    return row | dict.fromkeys(_TABLE.sensitive) if isinstance(row, dict) else row


def model(modelid: str | None) -> str | None:
    """The model of a model's id, of an inference profile's that AWS made, or of an ARN of one of these."""
    if not modelid or _OPAQUE.match(modelid):
        return None
    match = _MODEL.fullmatch(modelid)
    return match[1] if match else None


def _first(one: int | None, other: int | None) -> int | None:
    return other if one is None else one


def _exact(body: msgspec.Raw | None) -> str | None:
    raw = bytes(body or b"null")
    return None if raw == b"null" else raw.decode(errors="replace")


def _images(*found: list[dict[str, object]]) -> str | None:
    every = [one for some in found for one in some]
    return msgspec.json.encode(every).decode() if every else None


def _others(record: Fields, sent: Fields, got: Fields) -> str | None:
    """What no column has: the record's own, and under input and output theirs."""
    others = {name: value for name, value in record.items() if name not in _KNOWN}
    for name, part, known in (("input", sent, _INPUT), ("output", got, _OUTPUT)):
        if more := {key: value for key, value in part.items() if key not in known}:
            others[name] = msgspec.Raw(msgspec.json.encode(more))
    if len(who := fields(record.get("identity"))) > 1:
        others["identity"] = msgspec.Raw(msgspec.json.encode({key: one for key, one in who.items() if key != "arn"}))
    return msgspec.json.encode(others).decode(errors="replace") if others else None
