"""What is measured on: made once, and kept under .loglake/bench, by what it is made of."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

from bench.sides import ROOT, say
from examples.company import Company

FOLDER = ROOT / ".loglake" / "bench"
_GROUPS = 20
_AN_OBJECT = 5_000_000  # bytes of text before Firehose writes the next one


def cloudtrail(files: int, events: int = 500, days: int = 1) -> Path:
    """A folder of the sample company's whole CloudTrail files, as they lie in S3.

    The files that arrive cut off or not packed are left out: some of those who are measured stop at one.
    """
    return _once(f"cloudtrail-{files}x{events}-{days}", lambda folder: _cloudtrail(folder, files, events, days))


def _cloudtrail(folder: Path, files: int, events: int, days: int) -> None:
    company = Company(seed=1, days=days, files=files, events_per_file=events, first_day=date(2024, 3, 3))
    for one in company.objects():
        if one.job != "cloudtrail" or "/CloudTrail/" not in one.key or not one.key.endswith(".gz"):
            continue
        try:
            gzip.decompress(one.data)
        except (EOFError, zlib.error):
            continue
        path = folder / one.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.data)


def firehose(logevents: int) -> Path:
    """A folder of Firehose's objects: gzip members joined, 20 log groups, one log event in a hundred a session's."""
    return _once(f"firehose-{logevents}", lambda folder: _firehose(folder, logevents))


def _firehose(folder: Path, logevents: int) -> None:
    dice = random.Random(1)
    members: list[bytes] = []
    size = number = made = 0
    while made < logevents:
        session = dice.random() < 0.01
        text = _document(dice, session, made, 40)
        made += 40
        members.append(gzip.compress(text, 6, mtime=0))
        size += len(text)
        if size >= _AN_OBJECT or made >= logevents:
            path = folder / "2024" / "03" / "03" / f"{number % 24:02}" / f"cloudwatch-logs-1-2024-03-03-{number:06}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(members))
            members, size, number = [], 0, number + 1


def _document(dice: random.Random, session: bool, first: int, events: int) -> bytes:
    """One document of CloudWatch Logs; logEvents of applications are some hundred bytes of text."""
    identifier = f"{dice.getrandbits(68):017x}"
    stream = f"jane-0{identifier[:16]}" if session else f"app/{identifier}"
    group = "/aws/ssm/sessionlogs" if session else f"/app/service-{dice.randrange(_GROUPS - 1):02}"
    lines = []
    for number in range(first, first + events):
        millisecond = 1_709_424_000_000 + number * 7
        if session:
            text = json.dumps(
                {
                    "eventVersion": "1.0",
                    "eventTime": "2024-03-03T00:00:00Z",
                    "awsRegion": "us-east-1",
                    "target": {"id": "i-0123456789abcdef0"},
                    "userIdentity": {"arn": "arn:aws:sts::111122223333:assumed-role/Admin/jane"},
                    "runAsUser": "ssm-user",
                    "sessionId": stream,
                    "sessionData": [f"sh-4.2$ ls -la /var/{dice.getrandbits(32):08x}", "total 0"],
                }
            )
        else:
            text = f"{millisecond} INFO request={dice.getrandbits(64):016x} path=/v1/orders/{dice.randrange(10**6)} "
            text += f"status={dice.choice((200, 200, 200, 404, 500))} took={dice.randrange(900)}ms user={identifier}"
        lines.append({"id": f"{number:056}", "timestamp": millisecond, "message": text})
    document = {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": ["to-firehose"],
        "logEvents": lines,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _once(name: str, make: Callable[[Path], None]) -> Path:
    folder = FOLDER / name
    if not folder.exists():
        say(f"making {name} ...")
        half = FOLDER / f"{name}.half"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        make(half)
        half.rename(folder)
    return folder


def size(folder: Path) -> int:
    """Bytes of all files in it."""
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


def count(folder: Path) -> int:
    """How many files are in it."""
    return sum(one.is_file() for one in folder.rglob("*"))
