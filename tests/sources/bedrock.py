"""Bedrock's model invocation logs, to be held to what every kind of logs must do."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from lake.settings import Filters
from tests.sources.fixture import Fixture

ACCOUNT = "111122223333"
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
IMAGE = b"\x89PNG\r\n\x1a\n and so on"
Json = dict[str, Any]


def invocation(number: int, time: datetime, **changes: Any) -> Json:
    """A Converse call; a change to ... leaves the field out."""
    one = {
        "timestamp": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "accountId": ACCOUNT,
        "identity": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/alice"},
        "region": "eu-west-1",
        "requestId": f"00000000-0000-4000-8000-{number:012}",
        "operation": "Converse",
        "modelId": MODEL,
        "input": {
            "inputContentType": "application/json",
            "inputBodyJson": {"messages": [{"role": "user", "content": [{"text": "Who are you?"}]}]},
            "inputTokenCount": 5,
        },
        "output": {
            "outputContentType": "application/json",
            "outputBodyJson": {
                "output": {"message": {"role": "assistant", "content": [{"text": "Nobody."}]}},
                "stopReason": "end_turn",
                "metrics": {"latencyMs": 249},
                "usage": {"inputTokens": 5, "outputTokens": 3, "totalTokens": 8},
            },
            "outputTokenCount": 3,
        },
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
    }
    return {name: value for name, value in (one | changes).items() if value is not ...}


def record(number: int, time: datetime) -> bytes:
    """A line."""
    return json.dumps(invocation(number, time)).encode()


def key(day: date, name: str) -> str:
    """As Bedrock names its objects."""
    folder = f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/eu-west-1/{day:%Y/%m/%d}/22"
    return f"{folder}/{day:%Y%m%d}T220000000Z_{name}.json.gz"


def pack(records: Sequence[bytes]) -> bytes:
    """An object: lines."""
    return gzip.compress(b"\n".join(records) + b"\n", mtime=0)


def unpack(data: bytes) -> list[bytes]:
    """Its lines."""
    return gzip.decompress(data).splitlines()


_AT = datetime.fromisoformat("2024-03-03T22:22:55")
_IMAGE = {"image": {"format": "png", "source": {"bytes": base64.b64encode(IMAGE).decode()}}}
_WHOLE = invocation(
    1,
    _AT,
    inferenceRegion="eu-central-1",
    errorCode="ThrottlingException",
    modelId=f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:inference-profile/eu.{MODEL}",
    aFieldOfTomorrow=1.50,
    input={
        "inputContentType": "application/json",
        "inputTokenCount": 7,
        "cacheReadInputTokenCount": 2,
        "cacheWriteInputTokenCount": 1,
        "inputBodyJson": {
            "system": [{"text": "Be brief."}],
            "messages": [
                {"role": "user", "content": [{"text": "Hello"}]},
                {"role": "assistant", "content": [{"text": "Hello."}]},
                {"role": "user", "content": [{"text": "What is this?"}, _IMAGE]},
            ],
            "guardrailConfig": {"guardrailIdentifier": "gr-1", "guardrailVersion": "1"},
        },
    },
    output={
        "outputContentType": "application/json",
        "outputTokenCount": 3,
        "outputBodyJson": {
            "output": {"message": {"role": "assistant", "content": [{"text": "Not"}, {"text": "for you."}]}},
            "stopReason": "guardrail_intervened",
            "metrics": {"latencyMs": 249},
        },
    },
)
_LONG = invocation(
    2,
    _AT,
    input={"inputBodyS3Path": "s3://raw/data/2_input.json.gz", "inputTokenCount": 90_000},
    output={"outputBodyS3Path": "s3://raw/data/2_output.json.gz", "outputTokenCount": 9},
)
FIXTURE = Fixture(
    key=key,
    record=record,
    pack=pack,
    unpack=unpack,
    filters=Filters(own={"models": ("anthropic.*",)}),
    dropped=json.dumps(invocation(9, _AT, modelId="amazon.titan-text-express-v1")).encode(),
    rule="model",
    account=ACCOUNT,
    bad=json.dumps(invocation(9, _AT, timestamp="yesterday")).encode(),
    reason="no-time",
    full=(
        (
            json.dumps(_WHOLE).encode(),
            {
                "eventtime": _AT,
                "model": MODEL,
                "username": "alice",
                "inputtokens": 7,
                "outputtokens": 3,
                "cachereadtokens": 2,
                "cachewritetokens": 1,
                "latencyms": 249,
                "stopreason": "guardrail_intervened",
                "guardrailid": "gr-1",
                "guardrailaction": "INTERVENED",
                "errorcode": "ThrottlingException",
                "prompt": "What is this?",
                "systemprompt": "Be brief.",
                "answer": "Not\nfor you.",
                "images": json.dumps(
                    [
                        {
                            "at": "input.messages[2].content[1].image",
                            "kind": "image",
                            "format": "png",
                            "bytes": len(IMAGE),
                            "sha256": hashlib.sha256(IMAGE).hexdigest(),
                        }
                    ],
                    separators=(",", ":"),
                ),
                "inputbody": json.dumps(_WHOLE["input"]["inputBodyJson"]),
                "otherfields": '{"aFieldOfTomorrow":1.5}',
            },
        ),
        (
            json.dumps(_LONG).encode(),
            {
                "inputbody": None,
                "inputbodys3path": "s3://raw/data/2_input.json.gz",
                "outputbodys3path": "s3://raw/data/2_output.json.gz",
                "inputtokens": 90_000,
            },
        ),
    ),
    questions=(
        "model_calls_without_log",
        "model_use_around_session_of",
        "model_use_of_people",
        "prompts_with_text",
    ),
    reach={
        "model_costs": {"from_bedrock_readready": {0}},
        "model_invocations": {"from_bedrock_readready": {-1, 0, 1}, "from_cloudtrail_readready": {-1, 0, 1}},
        "model_use_around_session": {"from_bedrock_readready": {-1, 0, 1}, "from_cloudtrail_readready": {0}},
    },
)
