"""Whatever a custom resource does, CloudFormation is answered."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from infra.functions import custom

EVENT = {
    "RequestType": "Create",
    "StackId": "arn:aws:cloudformation:us-east-1:111122223333:stack/lake/1",
    "RequestId": "r-1",
    "LogicalResourceId": "Indexes",
    "ResourceProperties": {},
}


class Listening:
    """CloudFormation's side of it: a URL that takes PUTs."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        heard = self.heard

        class Taking(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.append((self.headers.get("Content-Type", "none"), json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Taking)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/answer"


@pytest.fixture
def listening() -> Iterator[Listening]:
    made = Listening()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_what_a_handler_made_is_answered_with_its_name_and_data(listening: Listening) -> None:
    handler = custom.resource(lambda _event, _context: custom.Answer("made", {"Arn": "a"}))
    handler(EVENT | {"ResponseURL": listening.url}, None)
    assert listening.heard == [
        (
            "",  # the URL is signed for that
            {
                "Status": "SUCCESS",
                "Reason": "SUCCESS",
                "PhysicalResourceId": "made",
                "StackId": EVENT["StackId"],
                "RequestId": "r-1",
                "LogicalResourceId": "Indexes",
                "Data": {"Arn": "a"},
            },
        )
    ]


def fails(_event: dict[str, Any], _context: object) -> custom.Answer:
    raise KeyError("x" * 9000)


def test_a_bug_is_an_answer_with_its_reason_that_fits(listening: Listening) -> None:
    custom.resource(fails)(EVENT | {"ResponseURL": listening.url}, None)
    (_, answer) = listening.heard[0]
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", "Indexes-r-1")
    assert answer["Reason"].startswith("KeyError: 'xxx")
    assert len(json.dumps(answer)) < 4096


def test_a_failed_update_keeps_the_resources_name_so_that_nothing_is_deleted_as_replaced(listening: Listening) -> None:
    event = EVENT | {"RequestType": "Update", "PhysicalResourceId": "kept", "ResponseURL": listening.url}
    custom.resource(fails)(event, None)
    assert listening.heard[0][1]["PhysicalResourceId"] == "kept"


def test_what_needs_more_time_is_called_again_and_not_answered_yet(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    def later(_event: dict[str, Any], _context: object) -> custom.Answer:
        raise custom.Later

    calls: list[dict[str, Any]] = []

    class Lambda:
        def invoke(self, **call: Any) -> None:
            calls.append(call)

    class Context:
        invoked_function_arn = "arn:aws:lambda:us-east-1:111122223333:function:f"

    monkeypatch.setattr(custom.boto3, "client", lambda name: {"lambda": Lambda()}[name])
    event = EVENT | {"ResponseURL": listening.url}
    custom.resource(later)(event, Context())
    assert listening.heard == []
    (call,) = calls
    assert (call["FunctionName"], call["InvocationType"]) == (Context.invoked_function_arn, "Event")
    assert json.loads(call["Payload"]) == event


def test_a_delete_answers_with_the_name_that_it_was_asked_with(listening: Listening) -> None:
    handler = custom.resource(lambda _event, _context: custom.Answer("made"))
    event = EVENT | {"RequestType": "Delete", "PhysicalResourceId": "Indexes-r-1", "ResponseURL": listening.url}
    handler(event, None)  # of a create that failed
    assert (listening.heard[0][1]["Status"], listening.heard[0][1]["PhysicalResourceId"]) == ("SUCCESS", "Indexes-r-1")
