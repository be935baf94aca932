"""Any call of one process held until others have done all of the work, then let go; and any order of the calls of many.

Nothing sleeps: a process stands still before its call until the test says that it may go on (tests/stage.py).
"""

from __future__ import annotations

import random

import pytest

from tests import small_company as company
from tests.fire import (
    ROUND,
    STORY,
    WIDE,
    Broken,
    calm,
    cloudtrail,
    cloudwatch,
    deliver,
    land,
    new_world,
    pass_time,
    second_lands,
    verify,
)
from tests.memory_aws import Call, EntityNotFoundException, World
from tests.stage import Actor

pytestmark = pytest.mark.usefixtures("under_fire")

STEPS = [step for step, process in enumerate(STORY) if process in ROUND]
SEEDS = 60


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


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step}-{STORY[step].__name__}")
def test_a_call_held_until_others_have_finished_changes_nothing_in_the_end(
    step: int, capsys: pytest.CaptureFixture[str]
) -> None:
    start, broken, held = begun(step), list[str](), 0
    while True:
        world = start.copy()
        actor = Actor(STORY[step], world)
        for _ in range(held):
            actor.step()
        if actor.done:
            break
        call = actor.pending
        others_finish(world, step)
        actor.finish()
        try:
            calm(world)
            verify(world)
        except Broken as error:
            broken.append(f"call {held} of {STORY[step].__name__}: {call}\n    {error}")
        held += 1
    with capsys.disabled():
        print(f"\n{STORY[step].__name__}: calls held {held}, survived {held - len(broken)}")
    assert not broken, "\n".join(broken[:5])
    assert held > 5


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


def test_any_order_of_two_runs_and_two_addaparts_ends_in_one_result(capsys: pytest.CaptureFixture[str]) -> None:
    broken: list[str] = []
    calls = 0
    for seed in range(SEEDS):
        world = new_world()
        Crowd(seed, world).play()
        try:
            calm(world)
            verify(world)
        except Broken as error:
            broken.append(f"seed {seed}: {error}")
        calls += world.calls
    with capsys.disabled():
        print(f"\nrandom orders {SEEDS} ({calls} writes), survived {SEEDS - len(broken)}")
    assert not broken, "\n".join(broken[:5])
