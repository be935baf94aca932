"""The trials that the lake is put to: a crash at any write, any call held. Those of many at once: tests/crowds.py.

A trial raises Broken where a promise is broken. The lake must pass all of them; a weakened lake must not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.fire import (
    CHANGED,
    ROUND,
    STORY,
    calm,
    cloudtrail,
    cloudwatch,
    deliver,
    new_world,
    pass_time,
    second_lands,
)
from tests.memory_aws import Call, EntityNotFoundException, World
from tests.stage import Actor
from tests.verdict import verify

STEPS = [step for step, process in enumerate(STORY) if process in ROUND]


class Trial(NamedTuple):
    """What is done to the lake, in words, and the doing. run raises Broken."""

    name: str
    run: Callable[[], None]


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


def crash_points(check: bool = True) -> list[Point]:
    """Every call of the story that changes something. check: whether the story itself, undisturbed, must end well."""
    world, found = new_world(), list[Point]()
    for step, process in enumerate(STORY):
        begun, made = world.copy(), len(found)

        def through(world: World, call: Call, step: int = step, begun: World = begun, made: int = made) -> Any:
            before = world.copy()
            answer = world.apply(call)
            found.append(Point(step, len(found) - made, call, begun, before, world.copy()))
            return answer

        process(world, through)
    if check:
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


def go_on(world: World, done: int) -> None:
    """The rest of the story, from the step after `done`: what has not landed lands; then calm, and the truth."""
    if second_lands in STORY[done + 1 :]:
        second_lands(world)
    calm(world)
    verify(world)


def crashes(way: Callable[[Point], World], points: list[Point]) -> Iterator[Trial]:
    """One way to die, at each point. What a killed process leaves is the world as it is after its last call: so the
    worlds are kept, one after each call of a whole story, and new processes go on with each."""
    for point in points:
        yield Trial(f"{way.__name__}: {point}", lambda point=point: go_on(way(point), point.step))  # type: ignore[misc]


def begun(step: int) -> World:
    """The world as it is before a step of the story."""
    world = new_world()
    for process in STORY[:step]:
        process(world)
    return world


def others_finish(world: World, step: int) -> None:
    """All that lands has landed, what was announced is announced again, and everybody has done their work."""
    if second_lands in STORY[step:]:
        second_lands(world)
    pass_time(world, minutes=7)  # SQS shows again what a held AddAPart has received
    for process in ROUND:
        process(world)


def pauses(step: int) -> Iterator[Trial]:
    """Each call of a step's process is held until all others have finished."""
    start, held = begun(step), 0
    while True:
        world = start.copy()
        actor = Actor(STORY[step], world)
        for _ in range(held):
            actor.step()
        if actor.done:
            return

        def trial(world: World = world, actor: Actor = actor) -> None:
            others_finish(world, step)
            actor.finish()
            calm(world)
            verify(world)

        yield Trial(f"{STORY[step].__name__} is held before {actor.pending}", trial)
        held += 1
