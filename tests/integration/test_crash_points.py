"""A crash at every single write of both jobs and of AddAPart: whatever is left undone, the next ones finish.

What a process that is killed leaves behind is the world as it is after its last call: so the worlds are kept, one after
each call of a whole story, and each is gone on with by new processes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fire import CHANGED, STORY, Broken, calm, cloudtrail, cloudwatch, deliver, go_on, new_world, verify
from tests.memory_aws import Call, EntityNotFoundException, World

pytestmark = pytest.mark.usefixtures("under_fire")


@dataclass(frozen=True)
class Point:
    """A call of the story. step: whose it is; number: the how manieth of that process; the worlds around it."""

    step: int
    number: int
    call: Call
    begun: World
    before: World
    after: World

    def __str__(self) -> str:
        return f"step {self.step} ({STORY[self.step].__name__}), call {self.number}: {self.call}"


@pytest.fixture
def points() -> list[Point]:
    """Every call of the story that changes something."""
    world, found = new_world(), list[Point]()
    for step, process in enumerate(STORY):
        begun, made = world.copy(), len(found)

        def through(world: World, call: Call, step: int = step, begun: World = begun, made: int = made) -> Any:
            before = world.copy()
            answer = world.apply(call)
            found.append(Point(step, len(found) - made, call, begun, before, world.copy()))
            return answer

        process(world, through)
    calm(world)
    verify(world)
    return found


def died_after(point: Point) -> World:
    """It died after the call, whether it had heard the answer or not; or before the next one."""
    return point.after.copy()


def died_and_settings_changed(point: Point) -> World:
    """It died; the filters are wider and the bounds smaller when the others go on."""
    world = point.after.copy()
    world.settings = CHANGED
    return world


def died_and_the_call_comes_late(point: Point) -> World:
    """It died, with its call on the way: that arrives when others have done the work."""
    world = point.before.copy()
    for process in (deliver, cloudtrail, cloudwatch):
        process(world)
    with suppress(EntityNotFoundException):  # AWS refuses it, and nobody hears that
        world.apply(point.call)
    return world


def _disturbed(point: Point, disturb: Callable[[World, Call], Any]) -> World:
    """The point's process does all its work, but this one call goes through `disturb`."""
    world, made = point.begun.copy(), iter(range(1_000_000))

    def through(world: World, call: Call) -> Any:
        return disturb(world, call) if next(made) == point.number else world.apply(call)

    with suppress(OSError):  # the call's own, where the process cannot go on without it
        STORY[point.step](world, through)
    return world


def the_answer_is_lost_and_the_sdk_sends_it_again(point: Point) -> World:
    """The process lives: its SDK sends the call again, and hears what AWS says to the second one."""

    def twice(world: World, call: Call) -> Any:
        world.apply(call)
        return world.apply(call)

    return _disturbed(point, twice)


def the_call_fails(point: Point) -> World:
    """The process lives, and hears that its call failed, for good."""

    def refuse(_: World, call: Call) -> Any:
        raise OSError(f"503 SlowDown: {call}")

    return _disturbed(point, refuse)


def the_call_is_done_and_fails(point: Point) -> World:
    """The process lives, and hears that its call failed: but it was done."""

    def refuse(world: World, call: Call) -> Any:
        world.apply(call)
        raise OSError(f"500 InternalError: {call}")

    return _disturbed(point, refuse)


WAYS = (
    died_after,
    died_and_settings_changed,
    died_and_the_call_comes_late,
    the_answer_is_lost_and_the_sdk_sends_it_again,
    the_call_fails,
    the_call_is_done_and_fails,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_crash_at_any_write_changes_nothing_in_the_end(
    points: list[Point], way: Callable[[Point], World], capsys: pytest.CaptureFixture[str]
) -> None:
    broken: list[str] = []
    for point in points:
        try:
            go_on(way(point), point.step)
        except Broken as error:
            broken.append(f"{point}\n    {error}")
    with capsys.disabled():
        print(f"\n{way.__name__.replace('_', ' ')}: crash points {len(points)}, survived {len(points) - len(broken)}")
    assert not broken, "\n".join(broken[:5])
    assert len(points) > 100  # of a story that writes so little, nothing would be shown
    assert {STORY[one.step].__name__ for one in points} == {"deliver", "cloudtrail", "cloudwatch"}
