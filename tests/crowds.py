"""More trials: any order of the calls of many processes; two AddAParts; what AWS says too late, or never."""

from __future__ import annotations

import random
from collections.abc import Iterator

from lake import keys
from tests import small_company as company
from tests.fire import STORY, WIDE, calm, cloudtrail, cloudwatch, deliver, land, new_world, pass_time
from tests.memory_aws import Call, EntityNotFoundException, World
from tests.stage import Actor
from tests.trials import Trial, begun
from tests.verdict import Verdict, verify

EVENTS = [company.trail(f"p{n}", company.event(100 + n, f"{company.DAY}T0{n}:00:00Z")) for n in range(5)]
READY = "from_cloudtrail_readready"
ELSEWHERE = [company.trail(f"q{n}", company.event(200 + n, f"2024-04-0{n}T00:00:00Z")) for n in range(1, 3)]


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
