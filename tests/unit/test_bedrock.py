"""A call of a model becomes a row: what is said in the forms that models have, and what becomes of odd records."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from datetime import datetime
from typing import Any

import pytest

from jobs.bedrock import Decoder, model
from jobs.rows import Outcome, Source
from lake.settings import Filters
from tests.sources.bedrock import MODEL, invocation

AT = datetime.fromisoformat("2024-03-03T22:22:55")
FROM = Source("s3://raw/key", "etag", 0)
EVERYTHING = Filters(keep="everything")
IMAGE = b"\x89PNG and so on"
Row = dict[str, Any]


def decode(*records: object, filters: Filters = EVERYTHING, source: Source = FROM) -> tuple[Outcome, list[Row]]:
    decoder = Decoder(filters, 10_000_000)
    lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in records]
    outcome = decoder.add(source, gzip.compress(b"\n".join(lines)))
    return outcome, decoder.take().to_pylist()


def row(sent: object, got: object, **changes: Any) -> Row:
    """The row of a call with these bodies."""
    parts = {"input": {"inputBodyJson": sent}, "output": {"outputBodyJson": got}}
    _, (found,) = decode(invocation(1, AT, **parts, **changes))
    assert json.loads(found["inputbody"] or "null") == sent
    assert json.loads(found["outputbody"] or "null") == got
    return found


def user(content: object) -> Row:
    return {"messages": [{"role": "user", "content": content}]}


def chunk(text: str) -> Row:
    return {"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}}


@pytest.mark.parametrize(
    ("sent", "got", "prompt", "answer", "stop"),
    [
        (
            user([{"text": "a"}, {"text": "b"}]),
            {"output": {"message": {"content": [{"text": "c"}]}}, "stopReason": "s"}, "a\nb", "c", "s",
        ),
        (user("a"), {"content": [{"type": "text", "text": "c"}], "stop_reason": "end_turn"}, "a", "c", "end_turn"),
        (user("a"), [chunk("c"), chunk("d"), {"delta": {"stop_reason": "max_tokens"}}], "a", "cd", "max_tokens"),
        ({"prompt": "a"}, {"completion": "c", "stop_reason": "stop"}, "a", "c", "stop"),
        ({"prompt": "a"}, {"generation": "c", "stop_reason": "length"}, "a", "c", "length"),
        ({"prompt": "a"}, {"outputs": [{"text": "c", "stop_reason": "stop"}]}, "a", "c", "stop"),
        ({"inputText": "a"}, {"results": [{"outputText": "c", "completionReason": "FINISH"}]}, "a", "c", "FINISH"),
        ({"message": "a"}, {"text": "c", "finish_reason": "COMPLETE"}, "a", "c", "COMPLETE"),
        ({"prompt": "a"}, {"generations": [{"text": "c", "finish_reason": "COMPLETE"}]}, "a", "c", "COMPLETE"),
        (
            {"prompt": "a"},
            {"completions": [{"data": {"text": "c"}, "finishReason": {"reason": "end"}}]}, "a", "c", "end",
        ),
        (user("a"), {"choices": [{"message": {"content": "c"}, "finish_reason": "stop"}]}, "a", "c", "stop"),
        ({"texts": ["a", "b"]}, {"embeddings": [[0.1]]}, "a\nb", None, None),
        ({"riddle": "a"}, {"oracle": "c"}, None, None, None),
        ("only text", 7, None, None, None),
        (None, None, None, None, None),
    ],
)  # fmt: skip
def test_what_was_asked_and_answered_is_text_whatever_the_models_form(
    sent: object, got: object, prompt: str | None, answer: str | None, stop: str | None
) -> None:
    found = row(sent, got)
    assert (found["prompt"], found["answer"], found["stopreason"]) == (prompt, answer, stop)


def test_of_a_conversation_the_prompt_is_what_came_after_the_last_answer_with_the_results_of_tools() -> None:
    result = {"toolResult": {"toolUseId": "t", "content": [{"text": "found"}]}}
    messages = [
        {"role": "user", "content": [{"text": "first"}]},
        {"role": "assistant", "content": [{"text": "hm"}]},
        {"role": "user", "content": [result, {"text": "and now?"}]},
    ]
    found = row({"messages": messages, "system": [{"text": "be brief"}]}, None)
    assert (found["prompt"], found["systemprompt"]) == ("found\nand now?", "be brief")


@pytest.mark.parametrize(
    ("part", "reference"),
    [
        (
            {"image": {"format": "png", "source": {"bytes": base64.b64encode(IMAGE).decode()}}},
            {"format": "png", "bytes": len(IMAGE), "sha256": hashlib.sha256(IMAGE).hexdigest()},
        ),
        (
            {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://b/k.png", "bucketOwner": "1"}}}},
            {"format": "png", "s3": "s3://b/k.png"},
        ),
        (
            {"type": "image", "source": {"media_type": "image/jpeg", "data": base64.b64encode(IMAGE).decode()}},
            {"format": "jpeg", "bytes": len(IMAGE), "sha256": hashlib.sha256(IMAGE).hexdigest()},
        ),
    ],
)  # fmt: skip
def test_an_image_is_named_by_its_path_or_its_hash(part: Row, reference: Row) -> None:
    found = json.loads(row(user([{"text": "what is this?"}, part]), None)["images"])
    assert [{name: value for name, value in one.items() if name not in ("at", "kind")} for one in found] == [reference]
    assert found[0]["at"].startswith("input.messages[0].content[1]")


@pytest.mark.parametrize(
    ("called", "alone"),
    [
        (MODEL, MODEL),
        (f"eu.{MODEL}", MODEL),
        (f"arn:aws:bedrock:eu-west-1::foundation-model/{MODEL}", MODEL),
        (f"arn:aws:bedrock:eu-west-1:111122223333:inference-profile/us.{MODEL}", MODEL),
        ("arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/a1b2c3", None),
        ("arn:aws:bedrock:eu-west-1:111122223333:provisioned-model/a1b2c3", None),
        (None, None),
    ],
)
def test_the_model_is_told_from_how_it_was_called(called: str | None, alone: str | None) -> None:
    assert model(called) == alone


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2025-05-15 14:17:22.000000000", "2025-05-15 14:17:22"),
        ("2025-05-15T14:17:22Z", "2025-05-15 14:17:22"),
        ("2025-05-15T14:17:22.123456789Z", "2025-05-15 14:17:22.123456"),
        ("2025-05-15T16:17:22+02:00", "2025-05-15 14:17:22"),
        ("2025-13-15T16:17:22Z", None),
        ("1970-01-01T00:00:00Z", None),
        ("15.05.2025", None),
        (1747318642, None),
    ],
)
def test_a_time_is_read_in_the_forms_that_are_seen_and_never_guessed(written: object, time: str | None) -> None:
    outcome, rows = decode(invocation(1, AT, timestamp=written))
    assert [str(one["eventtime"]) for one in rows] == ([time] if time else [])
    assert [one.reason for one in outcome.bad] == ([] if time else ["no-time"])


def test_numbers_and_order_of_a_body_stay_as_they_were_written() -> None:
    line = json.dumps(invocation(1, AT)).replace('"inputBodyJson": {', '"inputBodyJson": {"z": 1.50, "a": 1e400, ')
    _, (found,) = decode(line.encode())
    assert found["inputbody"].startswith('{"z": 1.50, "a": 1e400, "messages"')


def test_through_cloudwatch_logs_the_message_is_the_record_and_other_groups_can_be_left_out() -> None:
    def document(group: str, kind: str = "DATA_MESSAGE") -> Row:
        event = {"id": "1", "timestamp": 1709504575123, "message": json.dumps(invocation(1, AT))}
        return {"messageType": kind, "owner": "1", "logGroup": group, "logStream": "s", "logEvents": [event]}

    filters = Filters(loggroups=("/bedrock*",))
    outcome, rows = decode(
        document("/bedrock/x"), document("/lambda"), document("", "CONTROL_MESSAGE"), filters=filters
    )
    assert (len(rows), outcome.filtered, outcome.records) == (1, {"loggroup": 1, "heartbeat": 1}, 3)


def test_a_body_that_lies_by_itself_is_counted_and_no_row() -> None:
    key = "s3://raw/AWSLogs/1/BedrockModelInvocationLogs/eu-west-1/2024/03/03/22/data/r_input.json.gz"
    outcome, rows = decode({"messages": []}, source=Source(key, "e", 0))
    assert (outcome.records, outcome.filtered, rows) == (1, {"body": 1}, [])


def test_models_are_kept_by_their_id_or_its_beginning() -> None:
    calls = [invocation(n, AT, modelId=name) for n, name in enumerate((f"eu.{MODEL}", "amazon.titan-v1", "meta.llama"))]
    outcome, rows = decode(*calls, filters=Filters(own={"models": ("anthropic.*", "meta.llama")}))
    assert ([one["modelid"] for one in rows], outcome.filtered) == ([f"eu.{MODEL}", "meta.llama"], {"model": 1})


def test_what_is_no_invocation_is_refused_with_a_word_on_what_it_is() -> None:
    outcome, _ = decode({"Records": [{"eventVersion": "1.08", "eventName": "x"}]})
    assert [one.reason for one in outcome.bad] == ["not-a-log"]
    assert "CloudTrail" in outcome.bad[0].detail
    mixed, rows = decode(invocation(1, AT), {"a": 1}, b"{broken")
    assert ([one.reason for one in mixed.bad], len(rows)) == (["not-a-record", "not-json"], 1)
