"""What a run costs does not grow with the lake's age: the calls of a run over books of 10 plans, and of 10,000."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from lake import keys
from lake.books import Arrival, Ledger, Marker, Plan, dump, load_marker
from tests import small_company as company
from tests.crowds import EVENTS, READY
from tests.figures import Figure
from tests.fire import BOOKS, Part, calm, cloudtrail, deliver, land, new_world, pass_time
from tests.memory_aws import Call, World

pytestmark = pytest.mark.usefixtures("under_fire")

YOUNG, OLD = 10, 10_000


def aged(plans: int) -> World:
    """A lake at rest, after so many plans and as many generations of one day.

    All but the first and the last plan are written as they would have been: with nothing new in them. The last one is
    the jobs' own, and books all that was published before it.
    """
    world = new_world()
    land(world, EVENTS[:1])
    calm(world)
    began = world.now
    first = load_marker(world.objects[BOOKS, keys.marker(READY, company.DAY, 1)].data)
    ours = max(keys.number_of(key) for key in world.list(BOOKS, keys.plans("cloudtrail")))
    for number in range(ours + 1, plans):
        at = (began + timedelta(seconds=number)).isoformat(timespec="seconds")
        arrival = Arrival("cloudtrail", company.BUCKETS["cloudtrail"], f"k{number}", "e", 1)
        inbox = f"{keys.inbox('cloudtrail')}{number}.jsonl"
        batch = f"cloudtrail/{number}-0"
        plan = Plan("cloudtrail", number, f"p{number}", at, [inbox], [], [[arrival]])
        ledger = Ledger("cloudtrail", batch, f"l{number}", "", [], [], {"gone": 1})
        marker = replace(
            first, generation=number, attempt=f"m{number}", at=at, new=[], rowsbefore=first.rowsout, rowsnew=0
        )
        commits: dict[str, Plan | Ledger | Marker] = {
            keys.plan("cloudtrail", number): plan,
            keys.ledger("cloudtrail", number, 0): ledger,
            keys.marker(READY, company.DAY, number): marker,
        }
        for key, commit in commits.items():
            world.apply(Call("put", (BOOKS, key), dump(commit)))
    pass_time(world, days=1)
    world.messages.clear()  # of each of these markers; AddAPart has heard of them long ago
    land(world, EVENTS[1:2])
    calm(world)
    assert Part(world).rows(READY).num_rows == 2
    assert Part(world).rows("lake_generations").num_rows == len(
        list(world.list(BOOKS, keys.markers(READY, company.DAY)))
    )
    return world


def calls(world: World) -> list[Counter[str]]:
    """The calls of one process after the other: AddAPart and the job with a new object, and the job with none."""
    counted: list[Counter[str]] = []
    land(world, EVENTS[2:3])
    for process in (deliver, cloudtrail, deliver, cloudtrail):
        count: Counter[str] = Counter()

        def change(world: World, call: Call, count: Counter[str] = count) -> object:
            count[call.what] += 1
            return world.apply(call)

        process(world, change, lambda what, count=count: count.update([what]))  # type: ignore[misc]
        counted.append(count)
    return counted


def test_a_run_makes_as_many_calls_after_ten_thousand_plans_as_after_ten(figure: Figure) -> None:
    young, old = aged(YOUNG), aged(OLD)
    assert max(keys.number_of(key) for key in old.list(BOOKS, keys.plans("cloudtrail"))) >= OLD
    after = [calls(world) for world in (young, old)]
    young_ones, old_ones = ([one.total() for one in counted] for counted in after)
    told = f"{young_ones} after {YOUNG} plans, {old_ones} after {OLD:,}"
    figure(f"calls of AddAPart, of a run, of AddAPart, of an idle run: {told}")
    assert after[0] == after[1]
    assert after[0][1].total() > 10
