"""What the next run of a job finds: the inbox, what open plans have not landed, what could not be fetched before.

It only reads, and a run may be under way: what moves on while this is read can be counted once too often or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable

from addapart.controls import decide
from forecast.estimate import Work
from jobs.access import Access
from jobs.plan import READ, newest_plan, read_ledgers, read_plan, to_carry
from lake import keys
from lake.announce import Announced
from lake.books import Arrival, load_arrivals
from lake.settings import Settings
from lake.store import Gone


def waiting(lake: Access, job: str) -> Work:
    """Everything, also beyond what one run takes (bounds.plan_objects)."""
    work, seen = Work(job), set[int]()
    last = newest_plan(lake, job)
    taken = set(last.consumed) if last else set[str]()
    listed = [key for key in lake.store.list(lake.books, keys.inbox(job)) if key not in taken]
    for at in range(0, len(listed), READ):
        for key in listed[at : at + READ]:
            try:
                _add(work, load_arrivals(lake.store.get(lake.books, key)), seen)
            except Gone:
                continue  # a run planned it meanwhile
    if last is None:
        return work
    for number in [*last.open, last.number]:
        plan = read_plan(lake, job, number)
        ledgers = read_ledgers(lake, plan)
        landed = {one.batch for one in ledgers}
        for position, batch in enumerate(plan.batches):
            if f"{job}/{keys.batch_id(number, position)}" not in landed:
                _add(work, batch, seen)
        again = [arrival for ledger in ledgers for arrival in to_carry(last, ledger)]
        work.again += len(again)
        _add(work, again, seen)
    return work


def _add(work: Work, arrivals: Iterable[Arrival], seen: set[int]) -> None:
    for one in arrivals:
        # Announced twice is read once. A number an object, not its names: there can be millions.
        name = hash(one.identity)
        if name in seen or one.why == "removal":
            continue
        seen.add(name)
        work.add(one.size, one.day or one.arrived[:10], one.rule)


def of_announcements(settings: Settings, objects: Iterable[Announced], works: dict[str, Work]) -> None:
    """What a backfill or a rebuild would announce, by job."""
    for one in objects:
        decision = decide(settings, one.bucket, one.key)
        works[decision.source.job].add(one.size, decision.place.day or one.arrived[:10], decision.rule)
