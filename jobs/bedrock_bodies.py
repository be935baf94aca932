"""What the body of a model's call says: Converse's form, and those that models have of their own.

A body of a form that is not known here says nothing: its row has it exactly, and no text. Sources: Amazon Bedrock user
guide, "Inference request parameters and response fields for foundation models"; API reference, "Converse".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

_DEEP = 12
_MEDIA = ("image", "document", "video", "audio")
# By form: where a call's texts are, if not in messages; where an answer's are. `*` is every element of a list.
_PROMPTS = ("prompt", "inputText", "message", "texts.*", "text_prompts.*.text", "textToImageParams.text", "query")
_SYSTEM = ("system", "system.*.text", "preamble")
_ANSWERS = (
    "output.message.content.*.text",
    "content.*.text",
    "choices.*.message.content",
    "results.*.outputText",
    "outputs.*.text",
    "generations.*.text",
    "completions.*.data.text",
    "completion",
    "generation",
    "outputText",
    "text",
)
_CHUNKS = (  # of a stream, in order
    "contentBlockDelta.delta.text",
    "delta.text",
    "choices.*.delta.content",
    "completion",
    "generation",
    "outputText",
    "outputs.*.text",
    "text",
)
_STOPS = (
    "stopReason",
    "stop_reason",
    "delta.stop_reason",
    "messageStop.stopReason",
    "choices.*.finish_reason",
    "results.*.completionReason",
    "outputs.*.stop_reason",
    "generations.*.finish_reason",
    "completions.*.finishReason.reason",
    "finish_reason",
)
_LATENCIES = ("metrics.latencyMs", "metadata.metrics.latencyMs", "amazon-bedrock-invocationMetrics.invocationLatency")
_IN = ("usage.inputTokens", "usage.input_tokens", "usage.prompt_tokens", "inputTextTokenCount", "prompt_token_count")
_OUT = ("usage.outputTokens", "usage.output_tokens", "usage.completion_tokens", "generation_token_count")


class Asked(NamedTuple):
    """What was sent. images: references."""

    prompt: str | None
    system: str | None
    guardrail: str | None
    images: list[dict[str, object]]


class Answered(NamedTuple):
    """What came back."""

    text: str | None
    stopreason: str | None
    latencyms: int | None
    guardrail: str | None
    inputtokens: int | None
    outputtokens: int | None
    images: list[dict[str, object]]


def asked(body: msgspec.Raw | None) -> Asked:
    """What inputBodyJson says."""
    value = _value(body)
    messages = value.get("messages") if isinstance(value, dict) else None
    if isinstance(messages, list):
        last = max((n for n, one in enumerate(messages) if _role(one) == "assistant"), default=-1)
        texts = [text for one in messages[last + 1 :] if _role(one) != "system" for text in _said(one)]
        system = [text for one in messages if _role(one) == "system" for text in _said(one)]
    else:
        texts, system = next((found for path in _PROMPTS if (found := list(_at(value, path)))), []), []
    system += next((found for path in _SYSTEM if (found := list(_at(value, path)))), [])
    guardrail = next(_at(value, "guardrailConfig.guardrailIdentifier"), None)
    return Asked(_joined(texts), _joined(system), guardrail, list(_media(value, "input", _DEEP)))


def answered(body: msgspec.Raw | None) -> Answered:
    """What outputBodyJson says: an answer, or a stream's chunks."""
    value = _value(body)
    chunks = value if isinstance(value, list) else [value]
    if isinstance(value, list):
        texts = [next((text for path in _CHUNKS for text in _at(one, path)), "") for one in value]
        said = "".join(texts) or None
    else:
        said = _joined(next((found for path in _ANSWERS if (found := list(_at(value, path)))), []))
    stop = next((text for one in chunks for path in _STOPS for text in _at(one, path)), None)
    action = next((text for one in chunks for text in _at(one, "amazon-bedrock-guardrailAction")), None)
    if stop == "guardrail_intervened":
        action = "INTERVENED"
    return Answered(
        said,
        stop,
        _number(chunks, _LATENCIES),
        action,
        _number(chunks, _IN),
        _number(chunks, _OUT),
        list(_media(value, "output", _DEEP)),
    )


def _value(body: msgspec.Raw | None) -> Any:
    try:
        return msgspec.json.decode(bytes(body or b"null"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _role(message: object) -> object:
    return message.get("role") if isinstance(message, dict) else None


def _said(message: object) -> Iterator[str]:
    """A message's texts, those in the results of tools included."""
    content = message.get("content") if isinstance(message, dict) else None
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            if isinstance(part.get("text"), str):
                yield part["text"]
            yield from _said(part.get("toolResult"))
            if part.get("type") == "tool_result":
                yield from _said({"content": part.get("content")})


def _values(value: object, path: str) -> Iterator[Any]:
    name, _, rest = path.partition(".")
    found: list[Any] = []
    if name == "*" and isinstance(value, list):
        found = value
    elif isinstance(value, dict) and name in value:
        found = [value[name]]
    for one in found:
        if rest:
            yield from _values(one, rest)
        else:
            yield one


def _at(value: object, path: str) -> Iterator[str]:
    """The texts there."""
    return (one for one in _values(value, path) if isinstance(one, str))


def _number(values: list[Any], paths: tuple[str, ...]) -> int | None:
    """The last whole number there: a stream says how much it was at its end."""
    found = [one for value in values for path in paths for one in _values(value, path)]
    found = [one for one in found if isinstance(one, int) and not isinstance(one, bool) and 0 <= one < 2**63]
    return found[-1] if found else None


def _joined(texts: list[str]) -> str | None:
    return "\n".join(texts) if texts else None


def _media(value: object, path: str, deep: int) -> Iterator[dict[str, object]]:
    """References to what is no text: where it stands, what it is; and its S3 path, or its size and hash."""
    if not deep:
        return
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _media(one, f"{path}[{number}]", deep - 1)
    elif isinstance(value, dict):
        kind = next((name for name in _MEDIA if isinstance(value.get(name), dict)), None)
        if kind:
            inside = value[kind]
            yield _reference(f"{path}.{kind}", kind, str(inside.get("format", "")), inside.get("source"))
        elif value.get("type") in _MEDIA and isinstance(value.get("source"), dict):
            kind = str(value["type"])
            form = str(value["source"].get("media_type", "")).rpartition("/")[2]
            yield _reference(path, kind, form, value["source"])
        else:
            for name, one in value.items():
                if name in ("images", "artifacts") and isinstance(one, list):
                    for number, image in enumerate(one):
                        yield _reference(f"{path}.{name}[{number}]", "image", "", image)
                else:
                    yield from _media(one, f"{path}.{name}", deep - 1)


def _reference(path: str, kind: str, form: str, source: object) -> dict[str, object]:
    made: dict[str, object] = {"at": path, "kind": kind}
    if form:
        made["format"] = form
    texts = [source] if isinstance(source, str) else list(_texts(source))
    s3 = next((text for text in texts if text.startswith("s3://")), None)
    if s3:
        return made | {"s3": s3}
    data = max(texts, key=len, default="")
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raw = data.encode(errors="replace")
    return made | {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}


def _texts(source: object) -> Iterator[str]:
    if isinstance(source, dict):
        for one in source.values():
            if isinstance(one, str):
                yield one
            else:
                yield from _texts(one)
