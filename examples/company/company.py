"""The sample company, hour by hour: who starts which session when, and which object is delivered next.

Time goes in ticks of five minutes. A tick plays the sessions that start in it, then delivers what is due: so nothing
is held but what is on its way, whatever the size.
"""

from __future__ import annotations

import heapq
from bisect import bisect
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from itertools import accumulate, count

from examples.company import firehose
from examples.company.crowd import Event
from examples.company.deliveries import TRAILS, Deliveries, Trail
from examples.company.dice import Dice
from examples.company.keystrokes import LogEvent
from examples.company.raw import RawObject
from examples.company.scenes import SCENES, Scene
from examples.company.sessions import Sent, play
from examples.company.truth import Truth

TICK, DAY = 300, 86_400
_A_DAY = DAY // TICK
_SESSIONS = 0.15  # a CloudTrail file, beyond one of each scene
Plan = tuple[int, Callable[[int], RawObject]]  # when, and what makes it


class Company:
    """The logs of a company that does not exist, the same for the same arguments.

    days: how many days its people work, from `first_day`. files: so many CloudTrail files, of about `events_per_file`
    events; a small company has more, for each kind of session is there once. On top come the odd files, the late ones
    and Firehose's objects. detail: the truth about each single object, too (memory grows with their number).
    """

    def __init__(
        self,
        seed: int = 7,
        days: int = 2,
        files: int = 240,
        events_per_file: int = 40,
        first_day: date = date(2026, 3, 2),
        compresslevel: int = 6,
        detail: bool = False,
    ) -> None:
        if days < 1 or files < 1 or events_per_file < 1:
            raise ValueError("days, files and events_per_file must be 1 or more")
        self.seed, self.days, self.files, self.events_per_file = seed, days, files, events_per_file
        self.first_day, self.compresslevel, self.detail = first_day, compresslevel, detail
        self._truth: Truth | None = None

    def objects(self) -> Iterator[RawObject]:
        """All objects, in the order of their arrival. Each call begins anew."""
        self._truth = None
        truth = Truth(objects=[] if self.detail else None)
        yield from _Run(self, truth).objects()
        self._truth = truth

    def truth(self) -> Truth:
        """The truth about all of `objects`. Raises RuntimeError before the last of them was taken."""
        if self._truth is None:
            raise RuntimeError("the truth is complete when objects() is exhausted: take all objects first")
        return self._truth


class _Run:
    """One pass: what is on its way."""

    def __init__(self, company: Company, truth: Truth) -> None:
        self.company, self.truth = company, truth
        self.dice = Dice(f"{company.seed}/company")
        self.begin = int(datetime.combine(company.first_day, datetime.min.time(), UTC).timestamp())
        self.ticks = company.days * _A_DAY
        self.deliveries = Deliveries(company.seed, company.events_per_file, company.compresslevel, truth)
        self.number = count()  # keeps the heaps from comparing events
        self.events: list[tuple[int, int, Trail, Event]] = []  # by when they are delivered
        self.logs: list[tuple[float, int, LogEvent]] = []  # by when they happen
        self.late: dict[Trail, list[Event]] = {}
        self.files = 0

    def objects(self) -> Iterator[RawObject]:
        quota = [0.0, *accumulate(_busy(tick) for tick in range(self.ticks))]
        sessions, odd = self._sessions(quota), self._odd()
        for tick in count():
            now = self.begin + tick * TICK
            while sessions and sessions[-1][0] < now + TICK:
                start, scene = sessions.pop()
                self._play(scene, start)
            share = quota[min(tick + 1, self.ticks)] / quota[-1]
            plans = [*self._files(now, round(self.company.files * share)), *self._firehose(now, tick < self.ticks)]
            plans += [(self.dice.randrange(now, now + TICK), make) for make in odd.pop(tick, ())]
            for arrival, make in sorted(plans, key=lambda plan: plan[0]):
                yield make(arrival)
            if tick > self.ticks and not self.events and not self.logs and not self.deliveries.owes_documents:
                break
        yield from self._late_files()

    def _sessions(self, quota: list[float]) -> list[tuple[int, Scene]]:
        """When which scene is played; the next one last."""
        extra = max(round(self.company.files * _SESSIONS) - len(SCENES), 0)
        scenes = [*SCENES, *self.dice.choices(SCENES, [scene.weight for scene in SCENES], k=extra)]
        times = []
        for scene in scenes:
            tick = bisect(quota, self.dice.random() * quota[-1]) - 1
            start = self.begin + tick * TICK + self.dice.randrange(TICK)
            if scene.twist == "midnight":
                start = self.begin + DAY - self.dice.randrange(15, 60)
            times.append((start, scene))
        return sorted(times, key=lambda one: -one[0])

    def _odd(self) -> dict[int, list[Callable[[int], RawObject]]]:
        """The odd files, by the tick in which they arrive."""
        make = self.deliveries
        odd: dict[int, list[Callable[[int], RawObject]]] = {}
        for kind in (
            make.empty_file,
            make.truncated_file,
            make.file_with_a_wrong_time,
            make.digest,
            make.config,
            partial(make.file, due=(), gz=False),
        ):
            tick = self.dice.randrange(self.ticks // 5, self.ticks)
            odd.setdefault(tick, []).append(partial(kind, self.dice.choice(TRAILS)))
        return odd

    def _play(self, scene: Scene, start: int) -> None:
        session = play(self.dice, scene, start)
        self.truth.sessions.append(session.truth)
        for event in session.logs:
            heapq.heappush(self.logs, (event.due, next(self.number), event))
        for sent in session.sent:
            self._send(sent)

    def _send(self, sent: Sent) -> None:
        place, event = (sent.account, sent.region), sent.event
        if sent.late:
            self.late.setdefault(place, []).append(event)
            return
        delivered = event.second + self.dice.randrange(240, 720)
        heapq.heappush(self.events, (delivered, next(self.number), place, event))
        if sent.twice:
            again = (delivered + 2 * TICK, next(self.number), place, event._replace(again=True))
            heapq.heappush(self.events, again)

    def _files(self, now: int, quota: int) -> Iterator[Plan]:
        """The files that carry what is due, and so many more that `quota` of them are there by now."""
        due: dict[Trail, list[Event]] = {}
        arrival: dict[Trail, int] = {}
        while self.events and self.events[0][0] < now + TICK:
            second, _, place, event = heapq.heappop(self.events)
            due.setdefault(place, []).append(event)
            arrival[place] = second
        for place, events in due.items():
            yield arrival[place], partial(self.deliveries.file, place, due=events)
        self.files += len(due)
        while self.files < quota:
            self.files += 1
            yield self.dice.randrange(now, now + TICK), partial(self.deliveries.file, self.dice.choice(TRAILS), due=())

    def _firehose(self, now: int, working: bool) -> Iterator[Plan]:
        """The objects of the log events of the five minutes before. Firehose takes so long again, less or more."""
        events = []
        while self.logs and self.logs[0][0] < now:
            events.append(heapq.heappop(self.logs)[2])
        batch = firehose.documents(self.dice, events)
        alone = working and self.dice.random() < 0.05 * self.company.files / self.ticks
        if not batch and not alone and not self.deliveries.owes_documents:
            return
        for at in range(0, max(len(batch), 1), firehose.MOST_DOCUMENTS):
            part = batch[at : at + firehose.MOST_DOCUMENTS]
            yield (
                now + self.dice.randrange(20, 200),
                partial(self.deliveries.firehose, documents=part, closing=not working),
            )

    def _late_files(self) -> Iterator[RawObject]:
        """Two days, 29 days and a year after the event."""
        end, place = self.begin + self.ticks * TICK, self.dice.choice(TRAILS)
        self.late.setdefault(place, [])
        for minute, (one, events) in enumerate(self.late.items()):
            yield self.deliveries.late_file(one, end + DAY + DAY // 2 + minute * 60, end - 60, events)
        yield self.deliveries.late_file(place, end + 28 * DAY + 60, end - 60, ())
        yield self.deliveries.late_file(place, end + 29 * DAY + DAY // 2, end - 336 * DAY + DAY // 2, ())


def _busy(tick: int) -> float:
    """How much happens in a five minutes: most by day; nothing in the first quarter, so that no event precedes it."""
    hour = tick * TICK // 3600 % 24
    return 0 if tick < 4 else 3 if 7 <= hour < 18 else 1
