"""Secrets never reach a table, and nothing but secrets is touched."""

import json

import pytest

from jobs.cloudtrail import Decoder
from jobs.redact import HINTS, SECRETS, redact, suspects
from tests.cloudtrail_events import EVERYTHING, LIMIT, SOURCE, container, event, one_row, text

SECRET = "IQoJb3Jp/+=="


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"sessionToken":"S"}', '{"sessionToken":"***"}'),
        ('{"a":[1,{"b":{"sessionToken" :\n "S" , "c":1.0}}]}', '{"a":[1,{"b":{"sessionToken" :\n "***" , "c":1.0}}]}'),
        ('{"SESSIONTOKEN":"S","SecretAccessKey":"S"}', '{"SESSIONTOKEN":"***","SecretAccessKey":"***"}'),
        ('{"x":"y","X-Amz-Security-Token":"S"}', '{"x":"y","X-Amz-Security-Token":"***"}'),
        ('{"password":"a\\"b\\\\","z":"\\"password\\":\\"S\\""}', '{"password":"***","z":"\\"password\\":\\"S\\""}'),
        ('{"session\\u0054oken":"S"}', '{"session\\u0054oken":"***"}'),
        ('{"\\u0073\\u0065ssionToken" : "S","a\\u0054":"b"}', '{"\\u0073\\u0065ssionToken" : "***","a\\u0054":"b"}'),
        ('{"sessionToken":"S","sessionToken":"T"}', '{"sessionToken":"***","sessionToken":"***"}'),
        ('{"password":-12.5e+3,"b":1}', '{"password":"***","b":1}'),
        ('{"sessionToken":""}', '{"sessionToken":"***"}'),
    ],
)  # fmt: skip
def test_the_value_under_a_secrets_key_is_masked_and_nothing_else(before: str, after: str) -> None:
    assert redact(before.encode()).decode() == after


@pytest.mark.parametrize(
    "untouched",
    [
        '{"a":"sessionToken"}',
        '{"a":"sessionToken","b":"c"}',
        '["sessionToken","b"]',
        '{"a":"\\"sessionToken\\":\\"b\\""}',
        '{"a":"{\\"sessionToken\\" : \\"b\\"}"}',
        '{"a":"\\\\","sessionTokens":"b"}',
        '{"nextToken":"b","clientToken":"c","clientRequestToken":"d","passwordResetRequired":"e"}',
        '{"sessionToken":null,"password":true,"accessToken":{"a":"b"}}',
        '{"sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS","password":"****"}',
        '{"tokenValue":"Value hidden due to security reasons."}',
        '{"a":"session\\u0054oken"}',
        '{"a":"x\\u0054","b":"c"}',
        '{"a\\u0054":"b"}',
    ],
)
def test_what_is_no_secret_stays_to_the_byte(untouched: str) -> None:
    assert redact(untouched.encode()).decode() == untouched


@pytest.mark.parametrize("name", SECRETS)
def test_every_secrets_key_is_found_by_the_cheap_look_however_it_is_spelled(name: str) -> None:
    escaped = name[:2] + f"\\u{ord(name[2]):04X}" + name[3:]
    for key in (name, name.upper(), name.title(), escaped):
        record = f'{{"{key}":"{SECRET}"}}'.encode()
        assert suspects(b"{}" + record, [0, 2]) == {1}
        assert SECRET.encode() not in redact(record)


def test_the_cheap_look_finds_rows_and_spares_the_others() -> None:
    rows = [b'{"nextToken":"a"}', b"null", b'{"a":"b"}', b'{"PASSWORD":"a"}', b'{"a":"\\u0041"}', b"7"]
    starts = [sum(map(len, rows[:at])) for at in range(len(rows))]
    assert suspects(b"".join(rows), starts) == {0, 3, 4}
    assert all(hint == hint.lower() for hint in HINTS)


@pytest.mark.parametrize(
    "field", ["requestParameters", "responseElements", "additionalEventData", "serviceEventDetails"]
)
def test_no_open_ended_column_holds_a_secret(field: str) -> None:
    value = {"deep": [{"credentials": {"sessionToken": SECRET, "accessKeyId": "ASIA"}}], "number": 1.0}
    row = one_row(event(**{field: value}))
    assert row[field.lower()] == text(value).replace(SECRET, "***")


def test_a_secret_in_json_inside_a_json_string_is_masked_once_that_stands_without_quotes() -> None:
    row = one_row(event(requestParameters=json.dumps({"sessionToken": SECRET})))
    assert row["requestparameters"] == '{"sessionToken": "***"}'


def test_a_secret_among_the_unknown_fields_is_masked() -> None:
    decoder = Decoder(EVERYTHING, LIMIT)
    decoder.add(SOURCE, container(event(1, sessionToken=SECRET, new={"password": SECRET}), event(2)))
    decoder.add(SOURCE, container(event(3, sessionToken=SECRET, errorCode=1)))
    rows = decoder.take().to_pylist()
    assert [row["otherfields"] for row in rows] == [
        '{"new":{"password":"***"},"sessionToken":"***"}',
        None,
        '{"sessionToken":"***"}',
    ]


def test_one_masked_row_leaves_its_neighbours_as_they_are() -> None:
    decoder = Decoder(EVERYTHING, LIMIT)
    values = [{"a": 1}, None, {"sessionToken": "a secret longer than its mask"}, "text", {"z": "é"}]
    decoder.add(SOURCE, container(*(event(at, responseElements=value) for at, value in enumerate(values))))
    column = decoder.take()["responseelements"].to_pylist()
    assert column == ['{"a":1}', None, '{"sessionToken":"***"}', "text", '{"z":"é"}']
