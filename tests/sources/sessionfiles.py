"""Session log files, to be held to what every kind of logs must do. An object is one record, and its key says whose."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date, datetime

from lake.settings import Filters
from tests.sources.fixture import Fixture

_AT = datetime.fromisoformat("2024-03-03T23:59:59")
_FIRST = re.compile(rb"\$ echo (\d+) (\S+) (\S+)\n")


def record(number: int, at: datetime, account: str = "111122223333") -> bytes:
    """A session's log. Its first line has what the tests give its key."""
    return f"$ echo {number} {account} {at:%Y/%m/%d}\n{number}\n\x1b[1mexit\x1b[0m\n".encode()


def name(log: bytes) -> str:
    """Its key, as somebody put it by hand; a text that is no session's has another."""
    first = _FIRST.match(log)
    if first is None:
        return "put/2024/03/03/notes.txt"
    number, account, day = (one.decode() for one in first.groups())
    return f"put/{day}/{account}/eu-west-1/alice-{int(number):017}.log"


def key(day: date, name: str) -> str:
    """A key of that day."""
    return f"put/{day:%Y/%m/%d}/111122223333/eu-west-1/{name}-0123456789abcdef0.log"


def pack(records: Sequence[bytes]) -> bytes:
    """Logs are written as they are."""
    return b"".join(records)


FIXTURE = Fixture(
    key=key,
    record=record,
    pack=pack,
    unpack=lambda data: [data],
    name=name,
    filters=Filters(accounts=("111122223333",)),
    dropped=record(9, _AT, account="444455556666"),
    rule="account",
    account="111122223333",
    bad=b"notes of the operators\n",
    reason="not-a-log",
    full=(
        (
            record(1, _AT),
            {
                "sessionid": f"{1:017}",
                "eventtime": _AT,
                "sessiondata": "$ echo 1 111122223333 2024/03/03\n1\n\x1b[1mexit\x1b[0m\n",
                "linecount": 3,
                "accountid": "111122223333",
                "username": "alice",
                "awsregion": "eu-west-1",
                "sessionname": f"alice-{1:017}",
                "logbytes": len(record(1, _AT)),
                "logsha256": hashlib.sha256(record(1, _AT)).hexdigest(),
            },
        ),
    ),
    reach={"sessionrecords": {"from_cloudwatch_readready": {0}, "from_sessionfiles_readready": {0}}},
)
