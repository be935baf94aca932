"""The work that should be under way: plans that stay open, arrivals that wait, accounts that fell silent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain

from jobs.access import Access
from jobs.check_days import PATIENCE
from jobs.collect import Settled
from jobs.findings import Finding
from jobs.known import booked, on_the_way
from jobs.plan import newest_plan, read_ledgers, read_plan
from jobs.publish import newest
from lake import keys
from lake.books import Ledger, Plan
from lake.settings import JOBS

EVERY = 14  # days on each of which an account must have delivered for its silence to be told


def work(lake: Access, settled: Settled, now: datetime) -> Iterator[Finding]:
    """What is stuck, of all jobs."""
    for job in JOBS:
        last = newest_plan(lake, job)
        yield from _waiting(lake, job, set(last.consumed) if last else set(), now)
        for number in [*last.open, last.number] if last else []:
            yield from _stuck(lake, read_plan(lake, job, number), settled, now)


def _waiting(lake: Access, job: str, planned: set[str], now: datetime) -> Iterator[Finding]:
    inbox = lake.store.objects(lake.books, keys.inbox(job))
    # What the newest plan took waits for nothing: the next run takes it away.
    old = [one.modified for one in inbox if one.key not in planned and now - one.modified > PATIENCE]
    if old:
        what = f"{len(old)} inbox files are older than a day, the oldest of {min(old):%Y-%m-%d %H:%M}"
        where = f"s3://{lake.books}/{keys.inbox(job)}"
        yield Finding("waiting", where, what, f"run the job {job}: loglake run; see why its schedule does not")


def _stuck(lake: Access, plan: Plan, settled: Settled, now: datetime) -> Iterator[Finding]:
    if now - datetime.fromisoformat(plan.planned) <= PATIENCE:
        return
    ledgers = read_ledgers(lake, plan)
    missing = len(plan.batches) - len(ledgers)
    if not missing and settled(plan, ledgers):
        return
    where = f"{plan.job} plan {plan.number}"
    if missing:
        why = f"{missing} of its {len(plan.batches)} batches are not landed"
    elif behind := _unpublished(lake, ledgers):
        why = f"not published: {', '.join(behind[:3])}" + (", ..." if len(behind) > 3 else "")
    else:
        why = "all is published; the catalog or the books are behind, or a day of it was published within the hour"
    what = f"open since {plan.planned}: {why}"
    yield Finding("plan-stuck", where, what, "run the job: loglake run; what fails again is in its report")


def _unpublished(lake: Access, ledgers: list[Ledger]) -> list[str]:
    """The days whose newest marker lacks a batch of the plan."""
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for ledger in ledgers:
        for piece in ledger.pieces:
            wanted[(piece.table, piece.day)].add(ledger.batch)
    found = []
    for (table, day), batches in sorted(wanted.items()):
        marker = newest(lake, table, day)
        if not marker or not batches <= set(marker.batches):
            found.append(f"{table} {day}")
    return found


def silent_accounts(lake: Access, now: datetime) -> Iterator[Finding]:
    """Accounts, by source, that delivered on each of the 14 days before yesterday, and nothing yesterday or since."""
    yesterday = now.date() - timedelta(days=1)
    before = {str(yesterday - timedelta(days=n + 1)) for n in range(EVERY)}
    delivered: dict[tuple[str, str], set[str]] = defaultdict(set)
    arrived = chain.from_iterable(on_the_way(lake, job) for job in JOBS)
    for some in chain(arrived, booked(lake, yesterday - timedelta(days=EVERY))):
        for one in some.group_by(["source", "accountid", "deliveryday"]).aggregate([]).to_pylist():
            if one["deliveryday"] in before or (one["deliveryday"] or "") >= str(yesterday):
                delivered[one["source"], one["accountid"]].add(one["deliveryday"])
    for (source, account), on in sorted(delivered.items()):
        if before <= on and max(on) < str(yesterday):
            what = f"nothing of {yesterday}, though it delivered on each of the {EVERY} days before"
            would = "see whether its trail, its delivery stream or the bucket's policy was changed"
            yield Finding("account-missing", f"source {source}, account {account}", what, would)
