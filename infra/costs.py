"""What a day of events costs in AWS, by component: counts of what is billed, times `infra.prices`.

A model to choose by, not a bill: what it assumes stands in its constants, each with where it is from. A lake that runs
knows its own figures: `loglake plan` takes them from the books.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from infra import prices
from infra.prices import Price

DAYS = 30  # of a month
SECONDS = 86_400

# The seed's own load: 199 million events in 400,000 files of 15.9 GB.
EVENTS_A_FILE = 500
RAW_BYTES = 80  # of an event, compressed
JSON_BYTES = 1260  # of an event, as text; of the sample company's

# Measured with bench/ingest.py on two cores of a laptop's speed, 400,000 events: the jobs' CPU seconds a million
# events. A million rows with all columns take 55 MB of ORC.
CPU_SECONDS = {"filtered": 7, "everything": 37}
ORC_BYTES = 55
KEPT = {"filtered": 0.02, "everything": 1.0}  # 2 per cent: StartSession, ExecuteCommand and AssumeRole of a company

# Not measured in AWS. A run: Glue's start with its modules, Spark's start, a look at what is new; a worker does half of
# what its vCPUs could.
JOBS = 2  # CloudTrail's and session logs', which every lake has; what a further one adds is in docs/deploy.md
EVERY = 15  # minutes: infra/templates/jobs.yaml, JobSchedule
RUN_HOURS = 2 / 60
RUN_WORKERS = 2  # G.1X, one DPU each: auto scaling's least
VCPUS = 4  # of a DPU
USED = 0.5
RUN_REQUESTS = 60  # LISTs, commits and markers of a run
RUN_LOG_GB = 0.002

# infra/templates/ingest.yaml.
BATCH, WINDOW = 200, 5
INVOCATION_SECONDS, MEMORY_GB = 1.5, 0.5
POLLS = 5 * SECONDS // 20  # Lambda's five pollers, each waiting for 20 seconds (AWS Lambda, "Using Lambda with SQS")

# lake.toml: bounds.slice_rows, bounds.raw_partition_days. A folder that no reader is sent to any more lies there for
# bounds.retention_days, and then as deleted versions for storage.yaml's ReadreadyNoncurrentDays.
SLICE_ROWS = 200_000
PARTITION_DAYS = 90
OLD_DAYS = 7 + 7
FREE_OBJECTS = 1_000_000  # of the Glue catalog

KEYS, ALARMS, METRICS = 5, 16, 14
BUCKET_KEYS = 0.01  # KMS requests an object, where the bucket has a key of its own (Amazon S3, "Bucket Keys")
SCANS = 20  # questions that read the whole day


@dataclass(frozen=True, slots=True)
class Day:
    """A day's load. keep: "filtered" or "everything". partitions: accounts times Regions that deliver. every: minutes
    from one run of a job to its next."""

    name: str
    events: int
    files: int
    partitions: int
    keep: str = "filtered"
    every: int = EVERY

    @property
    def runs(self) -> int:
        """Of all jobs."""
        return JOBS * 24 * 60 // self.every

    @property
    def rows(self) -> float:
        """What is kept of the events."""
        return self.events * KEPT[self.keep]

    @property
    def invocations(self) -> float:
        """AddAPart's: files that arrive evenly, gathered for a window or until a batch is full."""
        return self.files / min(BATCH, 1 + WINDOW * self.files / SECONDS)

    @property
    def dpu_hours(self) -> float:
        """Glue's: what each run takes whatever it finds, and what the events take."""
        work = CPU_SECONDS[self.keep] * self.events / 1e6 / VCPUS / USED / 3600
        return self.runs * RUN_WORKERS * RUN_HOURS + work


class Term(NamedTuple):
    """So much of something billed."""

    quantity: float
    price: Price

    @property
    def usd(self) -> float:
        """US dollars."""
        return self.quantity * self.price.usd


def components(day: Day) -> dict[str, list[Term]]:
    """What a day's taking in and publishing costs, by component."""
    generations = day.runs / JOBS / 2  # of one job; half, because the day is half full on the average
    copies = generations * day.rows / SLICE_ROWS
    stored = max(0, day.partitions * PARTITION_DAYS - FREE_OBJECTS)
    return {
        "logs delivered to raw": [Term(day.files, prices.S3_PUT)],
        "the queue": [Term(day.files * 1.2 + POLLS, prices.SQS_REQUEST)],
        "AddAPart": [
            Term(day.invocations, prices.LAMBDA_REQUEST),
            Term(day.invocations * INVOCATION_SECONDS * MEMORY_GB, prices.LAMBDA_GB_SECOND),
            Term(day.invocations, prices.S3_GET),
            Term(day.invocations * 2, prices.S3_PUT),
        ],
        "Glue catalog": [
            Term(day.invocations + day.partitions / 100, prices.GLUE_CATALOG_REQUEST),
            Term(stored / DAYS, prices.GLUE_CATALOG_OBJECT),
        ],
        "Glue jobs": [Term(day.dpu_hours, prices.GLUE_DPU_HOUR)],
        "the jobs' S3 requests": [
            Term(day.files, prices.S3_GET),
            Term(day.runs * RUN_REQUESTS + copies, prices.S3_PUT),
        ],
        "old generations, until deleted": [
            Term(generations * day.rows * ORC_BYTES / 1e9 * OLD_DAYS / DAYS, prices.S3_GB_MONTH)
        ],
        "keys": [
            Term(KEYS / DAYS, prices.KMS_KEY_MONTH),
            Term(day.files * 2 * BUCKET_KEYS, prices.KMS_REQUEST),
        ],
        "alarms, logs, dashboard": [
            Term(ALARMS / DAYS, prices.ALARM_MONTH),
            Term(METRICS / DAYS, prices.METRIC_MONTH),
            Term(1 / DAYS, prices.DASHBOARD_MONTH),
            Term(day.runs * RUN_LOG_GB + day.invocations * 1e-6, prices.LOGS_GB),
        ],
        f"{SCANS} questions over all of it": [Term(SCANS * day.rows * ORC_BYTES / 1e12, prices.ATHENA_TB)],
    }


def storage(day: Day) -> dict[str, list[Term]]:
    """What a month of keeping that one day costs, raw and readready."""
    return {
        "raw, kept a month": [Term(day.events * RAW_BYTES / 1e9, prices.S3_GB_MONTH)],
        "tables, kept a month": [Term(day.rows * ORC_BYTES / 1e9, prices.S3_GB_MONTH)],
    }


LOADS = (
    Day("1 M", 1_000_000, 2_000, 10 * 3),
    Day("100 M", 100_000_000, 200_000, 150 * 3),
    Day("100 M, runs every hour", 100_000_000, 200_000, 150 * 3, every=60),
    Day("1 B", 1_000_000_000, 2_000_000, 3_000 * 17),
    Day("1 B, everything kept", 1_000_000_000, 2_000_000, 3_000 * 17, "everything"),
    Day("1 B, in 14.7 M files", 1_000_000_000, 3_000 * 17 * 288, 3_000 * 17),
)
"""The last: 3,000 accounts in 17 Regions of which each delivers a file every five minutes."""


def total(parts: dict[str, list[Term]]) -> float:
    """US dollars."""
    return sum(term.usd for terms in parts.values() for term in terms)


def table(loads: tuple[Day, ...] = LOADS) -> str:
    """The loads side by side, as Markdown; US dollars."""
    lines = ["| US dollars a day | " + " | ".join(day.name for day in loads) + " |", "|---|" + "---:|" * len(loads)]
    parts = [components(day) for day in loads]
    for name in parts[0]:
        lines.append(f"| {name} | " + " | ".join(_usd(total({name: one[name]})) for one in parts) + " |")
    lines.append("| **a day** | " + " | ".join(f"**{_usd(total(one))}**" for one in parts) + " |")
    lines.append(
        "| **for a million events** | "
        + " | ".join(_each(day, one) for day, one in zip(loads, parts, strict=True))
        + " |"
    )
    kept = [storage(day) for day in loads]
    for name in kept[0]:
        lines.append(f"| {name} | " + " | ".join(_usd(total({name: one[name]})) for one in kept) + " |")
    return "\n".join(lines)


def alternatives(day: Day = LOADS[1]) -> str:
    """What services that charge by the gigabyte taken in ask for a day, as Markdown; without storage and questions."""
    gigabytes = day.events * JSON_BYTES / 1e9
    lines = [
        f"| for each gigabyte taken in | US dollars | a day of {day.name} events, {gigabytes:,.0f} GB |",
        "|---|---:|---:|",
    ]
    for one in (prices.CLOUDTRAIL_LAKE_GB, prices.SECURITY_LAKE_GB, prices.LOGS_GB):
        lines.append(f"| {one.what} | {one.usd:.2f} | {_usd(gigabytes * one.usd)} |")
    for keep, words in (
        ("filtered", "which keeps what lake.toml filters for"),
        ("everything", "which keeps everything"),
    ):
        lines.append(
            f"| this lake, {words}: all that a day costs | | {_usd(total(components(replace(day, keep=keep))))} |"
        )
    return "\n".join(lines)


def _each(day: Day, parts: dict[str, list[Term]]) -> str:
    return f"**{total(parts) / day.events * 1e6:.4f}**"


def _usd(value: float) -> str:
    return f"{value:,.2f}" if value >= 0.005 or value == 0 else "< 0.01"


if __name__ == "__main__":
    print(table())
