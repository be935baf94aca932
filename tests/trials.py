"""The trials that the lake is put to: a crash at any write, any call held, any order of the calls of many.

A trial raises Broken where a promise is broken. The lake must pass all of them; a weakened lake must not.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from lake import keys
from tests import small_company as company
from tests.fire import (
    CHANGED,
    ROUND,
    STORY,
    WIDE,
    Verdict,
    calm,
    cloudtrail,
    cloudwatch,
    deliver,
    go_on,
    land,
    new_world,
    pass_time,
    second_lands,
    verify,
)
from tests.memory_aws import Call, EntityNotFoundException, World
from tests.stage import Actor

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


class Crowd:
    """Two runs of each job and two AddAParts in any order, killed and begun anew, and a world that does as it likes."""

    def __init__(self, seed: int, world: World) -> None:
        self.dice, self.world = random.Random(seed), world
        self.actors: list[tuple[Actor, float]] = []  # with the time at which each began
        self.late: list[tuple[float, Call]] = []  # calls of killed processes, and when AWS does them
        self.objects = [*company.FIRST, *company.SECOND]
        self.lost = 2  # events of markers that SQS may lose
        self.time = 0.0
        world.refused.add(company.REFUSED)

    def play(self) -> None:
        """Until all has landed and everybody has had their turn."""
        ticks = self.dice.choice((100, 300, 600))
        while ticks > 0 or self.objects:
            ticks -= 1
            self.tick()
        for actor, _ in self.actors:
            actor.finish()
        for _, call in self.late:
            self.arrives(call)

    def tick(self) -> None:
        self.passes(self.dice.choice((0.1, 1, 5, 60)))
        chance = self.dice.random()
        if chance < 0.06 and self.objects:
            land(self.world, [self.objects.pop(0)])
        elif chance < 0.16 and len(self.actors) < 6:
            self.begin()
        elif chance < 0.19 and self.actors:
            self.kill(self.dice.choice(self.actors))
        elif chance < 0.22:
            self.queue()
        elif self.actors:
            mine = self.dice.choice(self.actors[-2:] if self.dice.random() < 0.5 else self.actors)
            mine[0].step()
            self.actors = [one for one in self.actors if not one[0].done]

    def passes(self, seconds: float) -> None:
        self.time += seconds
        pass_time(self.world, seconds=seconds)
        for due, call in [one for one in self.late if one[0] <= self.time]:
            self.late.remove((due, call))
            self.arrives(call)
        for one in [one for one in self.actors if self.time - one[1] > 600 and one[0].name == "deliver"]:
            self.kill(one)  # a Lambda does not live for long

    def begin(self) -> None:
        process = self.dice.choice((deliver, deliver, cloudtrail, cloudtrail, cloudwatch))
        if sum(one.name == process.__name__ for one, _ in self.actors) < 2:
            self.world.most = self.dice.choice((1, 2, 3, 10))
            if self.dice.random() < 0.05:
                self.world.settings = WIDE
            actor = Actor(process, self.world, reads=True)
            if not actor.done:
                self.actors.append((actor, self.time))

    def kill(self, one: tuple[Actor, float]) -> None:
        self.actors.remove(one)
        call = one[0].kill()
        if call and self.dice.random() < 0.5:
            self.late.append((self.time + self.dice.uniform(0, 1200), call))

    def arrives(self, call: Call) -> None:
        try:
            self.world.apply(call)
        except EntityNotFoundException:
            return  # nobody hears it

    def queue(self) -> None:
        """SQS hands out in any order, more than once, and S3's word about a marker is lost now and then."""
        names = list(self.world.messages)
        self.dice.shuffle(names)
        self.world.messages = {name: self.world.messages[name] for name in names}
        if names and self.dice.random() < 0.5:
            self.world.apply(Call("send", ("queue",), self.world.messages[names[0]].body))
        if self.lost and (markers := [name for name in names if "/markers/" in self.world.messages[name].body]):
            self.lost -= 1
            del self.world.messages[markers[0]]


def crowds(seeds: int) -> Iterator[Trial]:
    """Random orders."""
    for seed in range(seeds):

        def trial(seed: int = seed) -> None:
            world = new_world()
            Crowd(seed, world).play()
            calm(world)
            verify(world)

        yield Trial(f"seed {seed}", trial)


EVENTS = [company.trail(f"p{n}", company.event(100 + n, f"{company.DAY}T0{n}:00:00Z")) for n in range(5)]
READY = "from_cloudtrail_readready"
ELSEWHERE = [company.trail(f"q{n}", company.event(200 + n, f"2024-04-0{n}T00:00:00Z")) for n in range(1, 3)]


def one_more(world: World, raw: company.Raw) -> None:
    """An object lands, is heard of, and its day published; nobody has heard of that yet."""
    land(world, [raw])
    deliver(world)
    cloudtrail(world)


def pointings(orders: int) -> Iterator[Trial]:
    """Two AddAParts hear of one day's markers while a run writes the next, in any order, and die: without any run's
    help, the day is shown at its newest generation once the queue is empty."""
    start = new_world()
    one_more(start, EVENTS[0])
    deliver(start)
    one_more(start, EVENTS[1])
    words = {name: one for name, one in start.messages.items() if f"{keys.markers(READY, company.DAY)}" in one.body}
    start.messages.clear()
    land(start, EVENTS[2:3])
    deliver(start)
    start.messages = words
    for seed in range(orders):
        yield Trial(f"seed {seed}", lambda seed=seed: _pointing(start.copy(), random.Random(seed)))  # type: ignore[misc]


def _pointing(world: World, dice: random.Random) -> None:
    run = Actor(cloudtrail, world)
    while not (run.pending and run.pending.where[1].startswith(keys.markers(READY, company.DAY))):
        run.step()
    actors = [run, Actor(deliver, world, reads=True)]
    while actors:
        if len(actors) < 3 and dice.random() < 0.3:
            actors.append(Actor(deliver, world, reads=True))
        mine = dice.choice(actors)
        if mine.name == "deliver" and dice.random() < 0.02:
            mine.kill()
            pass_time(world, minutes=7)
        for _ in range(dice.choice((1, 2, 4, 50))):
            if not mine.done:
                mine.step()
        actors = [one for one in actors if not one.done]
    for _ in range(2):
        pass_time(world, minutes=7)
        deliver(world)
    Verdict(world).shown([READY])


def lost_words() -> Iterator[Trial]:
    """S3's word about a marker never comes: each of those of the story's last runs, and all of them."""
    world = begun(len(STORY) - 1)
    waiting = [name for name, one in world.messages.items() if keys.MARKERS in one.body]
    for lost in (*([name] for name in waiting), waiting):

        def trial(lost: list[str] = lost) -> None:
            went_on = world.copy()
            for name in lost:
                del went_on.messages[name]
            calm(went_on)
            verify(went_on)

        yield Trial(f"lost: {[world.messages[name].body for name in lost]}", trial)


def late_request() -> Iterator[Trial]:
    """A killed AddAPart's UpdatePartition reaches Glue when the day has moved on, and later plans are about others."""

    def trial() -> None:
        world = new_world()
        one_more(world, EVENTS[0])
        deliver(world)
        one_more(world, EVENTS[1])
        actor = Actor(deliver, world)
        while not (actor.pending and actor.pending.what == "point" and actor.pending.where[1] == (company.DAY,)):
            actor.step()
        call = actor.kill()
        assert call
        one_more(world, EVENTS[2])
        pass_time(world, minutes=7)
        deliver(world)
        Verdict(world).shown([READY])
        for raw in ELSEWHERE:
            pass_time(world, minutes=10)
            one_more(world, raw)
            deliver(world)
        world.apply(call)
        calm(world)
        Verdict(world).shown([READY])

    yield Trial("a late UpdatePartition", trial)
