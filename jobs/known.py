"""What the lake has heard of: from the inbox, the open plans and lake_ledger's files, never through the catalog.

In the order in which an arrival travels, so that one that moves on while it is read is met further down the road. In
memory is one inbox chunk, one plan or one file of lake_ledger at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from jobs import orc
from jobs.access import Access
from jobs.plan import READ, newest_plan, read_plan
from jobs.publish import newest
from jobs.remake import days
from lake import keys
from lake.books import Arrival, load_arrivals
from lake.store import Gone

SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("bucket", "objectkey", "etag", "outcome", "source", "accountid", "deliveryday")]
)
ON_ITS_WAY = "planned"  # outcome of an arrival that is in no ledger yet
_DROPPED = "dropped"
_GONE = "gone"


class Heard(NamedTuple):
    """Of some objects: which the lake knows, and which of those it took (the others a control dropped)."""

    known: pa.Array
    taken: pa.Array


def heard_of(lake: Access, job: str, objects: Iterable[tuple[str, str, str]], since: date) -> Heard:
    """Which of these objects (bucket, key, ETag) the lake knows. since: none of them is older than that day.

    One that is booked as gone and lies there again is not known: it was restored, which S3 announces to nobody.
    """
    wanted = pa.array(map("\n".join, objects), pa.string())
    known, taken = (pa.array([False] * len(wanted)) for _ in range(2))
    for some in chain(on_the_way(lake, job), booked(lake, since)):
        said = pc.binary_join_element_wise(some["bucket"], some["objectkey"], some["etag"], "\n")
        here = pc.not_equal(some["outcome"], _GONE)
        known = pc.or_(known, pc.is_in(wanted, said.filter(here)))
        taken = pc.or_(taken, pc.is_in(wanted, said.filter(pc.and_(here, pc.not_equal(some["outcome"], _DROPPED)))))
    return Heard(known, taken)


def on_the_way(lake: Access, job: str) -> Iterator[pa.Table]:
    """What has arrived for a job and is not booked yet, as tables in SCHEMA."""
    last = newest_plan(lake, job)
    planned = set(last.consumed) if last else set()  # plans and books say more of what is in these
    listed = [key for key in lake.store.list(lake.books, keys.inbox(job)) if key not in planned]
    for at in range(0, len(listed), READ):
        yield _table(_inbox(lake, listed[at : at + READ]))
    yield from _open_plans(lake, job)


def booked(lake: Access, since: date) -> Iterator[pa.Table]:
    """What lake_ledger says of all jobs' objects that arrived since that day, as tables in SCHEMA."""
    for day in days(lake, "lake_ledger", f"{since}/9999-12-31"):
        marker = newest(lake, "lake_ledger", day)
        if marker is None:
            continue
        for one in marker.files:
            data = lake.store.get(marker.bucket, f"{marker.folder}{one.name}")
            yield orc.columns("lake_ledger", data, SCHEMA.names)


def _inbox(lake: Access, listed: list[str]) -> Iterator[Arrival]:
    for key in listed:
        try:
            yield from load_arrivals(lake.store.get(lake.books, key))
        except Gone:
            continue  # planned meanwhile: the newest plan, read after this, has it


def _open_plans(lake: Access, job: str) -> Iterator[pa.Table]:
    last = newest_plan(lake, job)
    for number in [*last.open, last.number] if last else []:
        plan = read_plan(lake, job, number)
        marker = newest(lake, "lake_ledger", plan.planned[:10])
        # Of a batch that is booked, lake_ledger says more: that one of its objects was gone.
        over = set(marker.batches) if marker else set()
        yield _table(
            arrival
            for position, batch in enumerate(plan.batches)
            if f"{job}/{keys.batch_id(number, position)}" not in over
            for arrival in batch
        )


def _table(arrivals: Iterable[Arrival]) -> pa.Table:
    rows = [
        {
            "bucket": one.bucket,
            "objectkey": one.key,
            "etag": one.etag,
            "outcome": _DROPPED if one.rule else ON_ITS_WAY,
            "source": one.source,
            "accountid": one.accountid or "unknown",
            "deliveryday": one.day or one.arrived[:10],
        }
        for one in arrivals
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)
