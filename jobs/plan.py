"""The planner: takes the inbox into a numbered, bounded plan, and closes plans whose work readers can see.

A plan is a commit: the next number, created once. Whoever wrote plan n+1 had deleted the inbox files that n took, so
nothing is planned twice and nothing is left. With nothing new it writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from jobs.access import Access
from lake import keys
from lake.books import Arrival, Ledger, Plan, dump, load_arrivals, load_ledger, load_plan
from lake.store import Gone

Settled = Callable[[Plan, list[Ledger]], bool]
FEWEST = 25  # objects in a batch: below this a task costs more to start than to do
READ = 64  # inbox files read at once


def newest_plan(lake: Access, job: str) -> Plan | None:
    """The job's newest plan, which knows all open ones. None before the first."""
    key = lake.store.first(lake.books, keys.plans(job))
    return load_plan(lake.store.get(lake.books, key)) if key else None


def read_plan(lake: Access, job: str, number: int) -> Plan:
    """A plan that is known to be there."""
    return load_plan(lake.store.get(lake.books, keys.plan(job, number)))


def read_ledgers(lake: Access, plan: Plan) -> list[Ledger]:
    """The ledgers of those of the plan's batches that are landed."""
    listed = list(lake.store.list(lake.books, keys.ledgers(plan.job, plan.number)))
    return [load_ledger(data) for data in lake.store.get_all(lake.books, listed)]


def to_carry(last: Plan, ledger: Ledger) -> list[Arrival]:
    """What a batch of an open plan could not fetch and no plan has carried on yet. last: the newest plan."""
    return [one for one in ledger.undone if one.attempts > 1 or ledger.batch not in last.retried]


def plan(lake: Access, job: str, now: datetime, settled: Settled, tasks: int) -> list[Plan]:
    """The open plans, oldest first, a new one last if anything arrived.

    settled: whether readers see all of a landed plan's work. tasks: how many batches keep the cluster busy.
    """
    while True:
        last = newest_plan(lake, job)
        inbox = list(lake.store.list(lake.books, keys.inbox(job)))
        taken = set(last.consumed) if last else set[str]()
        lake.store.delete(lake.books, [key for key in inbox if key in taken])
        earlier = _close(lake, job, last, settled)
        waiting = [key for key in inbox if key not in taken]
        if not waiting and not earlier.carried:
            return earlier.open
        try:
            consumed, arrivals = _take(lake, waiting, earlier.carried)
        except Gone:
            continue  # another run planned these inbox files and took them away: begin again from its plan
        new = Plan(
            job=job,
            number=last.number + 1 if last else 1,
            attempt=keys.unique(),
            planned=now.isoformat(timespec="seconds"),
            consumed=consumed,
            open=[one.number for one in earlier.open],
            batches=cut(arrivals, tasks, lake.settings.bounds.batch_files, lake.settings.bounds.batch_bytes),
            retried=earlier.retried,
        )
        key = keys.plan(job, new.number)
        if lake.store.create(lake.books, key, dump(new)):
            return [*earlier.open, new]
        if load_plan(lake.store.get(lake.books, key)).attempt == new.attempt:  # our own write, its answer lost
            return [*earlier.open, new]
        # Another run was faster: begin again from its plan.


class _Earlier(NamedTuple):
    """The plans still open; what they and the closed ones could not fetch and the next plan carries; Plan.retried."""

    open: list[Plan]
    carried: list[Arrival]
    retried: list[str]


def _close(lake: Access, job: str, last: Plan | None, settled: Settled) -> _Earlier:
    """What failed once is carried at once: most of it is S3 saying SlowDown. What failed again waits until its plan is
    closed, more than an hour: so that `bounds.attempts` last longer than a key policy takes to be mended."""
    found = _Earlier([], [], [])
    if last is None:
        return found
    for one in [*(read_plan(lake, job, number) for number in last.open), last]:
        ledgers = read_ledgers(lake, one)
        over = len(ledgers) == len(one.batches) and settled(one, ledgers)
        for ledger in ledgers:
            found.carried.extend(each for each in to_carry(last, ledger) if over or each.attempts == 1)
            if not over and any(each.attempts == 1 for each in ledger.undone):
                found.retried.append(ledger.batch)
        if not over:
            found.open.append(one)
    return found


def _take(lake: Access, waiting: list[str], carried: list[Arrival]) -> tuple[list[str], list[Arrival]]:
    """Inbox files up to the bound, and their arrivals: each object version once, whatever announced it."""
    consumed: list[str] = []
    arrivals = {one.identity: one for one in carried}
    for at in range(0, len(waiting), READ):
        if len(arrivals) >= lake.settings.bounds.plan_objects:
            break
        some = waiting[at : at + READ]
        for data in lake.store.get_all(lake.books, some):
            for one in load_arrivals(data):
                known = arrivals.get(one.identity)
                # Announced twice is planned once; if a control dropped it and was then lifted, it is taken.
                if known is None or (known.rule and not one.rule):
                    arrivals[one.identity] = one
        consumed += some
    return consumed, list(arrivals.values())


def cut(arrivals: Iterable[Arrival], tasks: int, most_files: int, most_bytes: int) -> list[list[Arrival]]:
    """Batches: in order of arrival (so that a batch holds few days), bounded, and enough to keep `tasks` busy."""
    ordered = sorted(arrivals, key=lambda one: (one.arrived, one.key))
    files = min(most_files, max(FEWEST, -(-len(ordered) // max(tasks, 1))))
    batches: list[list[Arrival]] = []
    size = 0
    for one in ordered:
        cost = 0 if one.rule else one.size
        if not batches or len(batches[-1]) >= files or size + cost > most_bytes:
            batches.append([])
            size = 0
        batches[-1].append(one)
        size += cost
    return batches
