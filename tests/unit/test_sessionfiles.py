"""Session log files, whatever is in them: whose they are, only the key says; when, only the arrival."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import sessionfiles
from jobs.rows import Arrived, Outcome, Source
from jobs.sessionfiles import PART, Decoder
from lake.settings import Filters

KEY = "s3://raw/sessions/111122223333/eu-west-1/alice-0b7c1cc185ccf51a9.log"
ARRIVED = Arrived("2024-06-01T12:00:00.123Z", "111122223333", "eu-west-1")


def decode(
    data: bytes, key: str = KEY, arrived: Arrived = ARRIVED, limit: int = 10_000_000, **filters: Any
) -> tuple[Outcome, list[dict[str, Any]]]:
    decoder = Decoder(Filters(**filters), limit)
    outcome = decoder.add_arrived(Source(key, "e1", 0), arrived, data)
    assert outcome.records == outcome.kept + sum(outcome.filtered.values()) + len(outcome.bad)
    return outcome, decoder.take().to_pylist()


def text_of(data: bytes) -> str:
    return "".join(row["sessiondata"] for row in decode(data)[1])


@pytest.mark.parametrize(
    ("name", "sessionid", "username"),
    [
        ("alice-0b7c1cc185ccf51a9", "0b7c1cc185ccf51a9", "alice"),
        ("alice@example.com-oyl5tbh5i2o5kmwmfyehfwmvxm", "oyl5tbh5i2o5kmwmfyehfwmvxm", "alice@example.com"),
        ("ecs-execute-command-0b7c1cc185ccf51a9", "0b7c1cc185ccf51a9", "ecs-execute-command"),
        ("i-0abc-0b7c1cc185ccf51a9", "0b7c1cc185ccf51a9", "i-0abc"),
        ("0b7c1cc185ccf51a9", "0b7c1cc185ccf51a9", None),
    ],
)
def test_the_keys_last_name_says_whose_it_is(name: str, sessionid: str, username: str | None) -> None:
    for folder in ("", "a/", "a/b-c/0b7c1cc185ccf5555/"):
        _, (row,) = decode(b"$ id\n", f"s3://raw/{folder}{name}.log")
        assert (row["sessionid"], row["username"], row["sessionname"]) == (sessionid, username, name)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("alice-0b7c1cc185ccf51a9.log.gz", "not-a-log"),
        ("alice-0b7c1cc185ccf51a9.LOG", "not-a-log"),
        ("alice-0b7c1cc185ccf51a9", "not-a-log"),
        ("sessions/", "not-a-log"),
        (".log", "no-session"),
        ("amazon-ssm-agent.log", "no-session"),
        ("app-server-production-everywhere.log", "no-session"),
        ("alice-0b7c1cc185ccf51a9.log/other", "not-a-log"),
        ("alice-0b7c1cc185\n5ccf51a9.log", "no-session"),
    ],
)
def test_what_is_no_sessions_log_is_named_with_its_bytes(key: str, reason: str) -> None:
    outcome, rows = decode(b"some bytes", f"s3://raw/{key}")
    assert [(bad.reason, bad.data) for bad in outcome.bad] == [(reason, b"some bytes")]
    assert rows == []


@pytest.mark.parametrize(
    ("written", "day", "expected"),
    [
        ("2024-06-01T12:00:00.123Z", "", "2024-06-01 12:00:00.123"),
        ("2024-06-01T12:00:00+02:00", "", "2024-06-01 10:00:00"),
        ("2024-06-01T12:00:00Z", "2024-06-01", "2024-06-01 12:00:00"),
        ("2024-06-01T12:00:00Z", "2019-02-28", "2019-02-28 23:59:59"),
        ("2024-06-01T01:00:00+02:00", "2024-06-01", "2024-06-01 23:59:59"),  # it arrived on the day before, in UTC
        ("", "2019-02-28", "2019-02-28 23:59:59"),
        ("", "", None),
        ("yesterday", "", None),
        ("1970-01-01T00:00:00Z", "", None),
        ("2024-06-01T12:00:00Z", "2023-02-29", None),
        ("2024-06-01T12:00:00Z", "1999-01-01", None),
    ],
)
def test_a_log_is_of_its_arrival_or_of_the_day_that_its_key_names(written: str, day: str, expected: str | None) -> None:
    outcome, rows = decode(b"$ id\n", arrived=Arrived(written, day=day))
    if expected is None:
        assert ([bad.reason for bad in outcome.bad], rows) == (["no-time"], [])
    else:
        assert [row["eventtime"] for row in rows] == [datetime.fromisoformat(expected)]


def test_without_its_arrival_a_log_has_no_time() -> None:
    assert Decoder(Filters(), 100).add(Source(KEY, "e1", 0), b"$ id\n").bad[0].reason == "no-time"


def test_a_session_that_showed_nothing_has_a_row() -> None:
    outcome, (row,) = decode(b"")
    assert (outcome.kept, row["sessiondata"], row["linecount"], row["logbytes"]) == (1, "", 0, 0)
    assert row["logsha256"] == hashlib.sha256(b"").hexdigest()


HOSTILE = [
    b"\x1b[2J\x1b[1;1H\x07\x08\x00\x9b31m\r\n",
    b'<script>alert(1)</script>\n=cmd|" /C calc"!A0\n',
    json.dumps(
        {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "/aws/ssm/sessionlogs", "logEvents": []}
    ).encode(),
    json.dumps({"sessionId": "bob-0b7c1cc185ccf5bad", "sessionData": ["rm -rf /"]}).encode(),
    b"\x1f\x8b\x08\x00 no gzip",
    "\u202eright to left\u202c \u2028 \ufeff 検査 🦊\n".encode(),
]


@pytest.mark.parametrize("data", HOSTILE)
def test_a_log_is_what_it_shows_whatever_that_looks_like(data: bytes) -> None:
    outcome, (row,) = decode(data)
    assert (outcome.kept, outcome.bad) == (1, [])
    assert row["sessiondata"] == data.decode(errors="backslashreplace")
    assert row["sessionid"] == "0b7c1cc185ccf51a9"


def test_bytes_that_are_no_text_can_be_told_from_text() -> None:
    assert text_of(b"caf\xe9 \xff\xfe\n") == "caf\\xe9 \\xff\\xfe\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_says_how_to_read_and_is_no_text(encoding: str) -> None:
    assert text_of("Prüfung 検査 🦊\r\n".encode(encoding)) == "Prüfung 検査 🦊\r\n"


def test_a_long_log_is_cut_at_lines_ends_into_rows_in_order() -> None:
    lines = [f"{number:07} {'x' * (number % 300)}\n".encode() for number in range(20_000)]
    data = b"".join(lines)
    outcome, rows = decode(data)
    assert "".join(row["sessiondata"] for row in rows).encode() == data
    assert [row["sourcerecord"] for row in rows] == list(range(len(rows)))
    assert outcome.kept == len(rows) > 10
    assert all(row["sessiondata"].endswith("\n") for row in rows)
    assert all(len(row["sessiondata"]) <= PART for row in rows)
    assert sum(row["linecount"] for row in rows) == len(lines)
    assert {(row["logbytes"], row["logsha256"]) for row in rows} == {(len(data), hashlib.sha256(data).hexdigest())}


@given(
    st.lists(st.sampled_from([b"\n", b"a", "é".encode(), "🦊".encode(), b"\xff", b"\x80\x80\x80\x80\x80"]), max_size=40)
)
def test_however_a_log_is_cut_nothing_is_lost_and_no_character_is_broken(pieces: list[bytes]) -> None:
    text, small = b"".join(pieces), 7
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessionfiles, "PART", small)
        parts = list(sessionfiles.parts(text))
    assert b"".join(parts) == text
    assert all(0 < len(part) <= small for part in parts) or text == b""
    shown = "".join(part.decode(errors="backslashreplace") for part in parts)
    assert shown == text.decode(errors="backslashreplace")


def test_a_log_beyond_the_bound_keeps_what_precedes_and_says_so() -> None:
    outcome, rows = decode(b"0123456789" * 10, limit=64)
    assert "".join(row["sessiondata"] for row in rows) == ("0123456789" * 10)[:64]
    assert [(bad.reason, len(bad.data)) for bad in outcome.bad] == [("too-large", 36)]


def test_a_large_log_of_noise_is_read_without_a_column_of_more_than_arrow_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessionfiles, "PART", 1000)
    decoder = Decoder(Filters(), 1 << 30)
    decoder.add_arrived(Source(KEY, "e1", 0), ARRIVED, b"\xff" * (1000 * 130))
    chunks = decoder.take()["sessiondata"].chunks
    assert [len(one) for one in chunks if len(one)] == [64, 64, 2]
    assert 64 * PART * len("\ufffd".encode()) < 1 << 31  # what an offset of Arrow's can say


@pytest.mark.parametrize(
    ("filters", "arrived", "rule"),
    [
        ({"accounts": ("999999999999",)}, ARRIVED, "account"),
        ({"accounts": ("111122223333",)}, ARRIVED, ""),
        ({"accounts": ("111122223333",)}, Arrived(ARRIVED.written), "account"),
        ({"regions": ("us-east-1",)}, ARRIVED, "region"),
        ({"regions": ("us-east-1",), "keep": "everything"}, ARRIVED, ""),
        ({"removed": ("111122223333",), "keep": "everything"}, ARRIVED, "removal"),
    ],
)
def test_filters_go_by_what_the_key_says_and_count_every_part(filters: Any, arrived: Arrived, rule: str) -> None:
    outcome, rows = decode(b"x" * (PART + 1), arrived=arrived, **filters)
    assert outcome.filtered == ({rule: 2} if rule else {})
    assert len(rows) == (0 if rule else 2)
