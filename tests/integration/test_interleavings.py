"""Whatever fails, dies or overtakes: once it is calm again, every event is shown once, and the books agree.

Runs die before or after any call to S3, calls fail, other runs begin in the middle of one. Seeded: a failure repeats.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from jobs import plan
from lake.settings import parse
from lake.store import Store
from tests.fire import in_memory
from tests.integration.test_path import READY, event, key, trail
from tests.lakes import SETTINGS, Lake

SEEDS = 8
ROUNDS = 12
CALLS = ("get", "get_range", "put", "create", "copy", "delete", "first")


class Died(BaseException):
    """The process is gone: nothing that it would have done happens."""


class Storm:
    """Makes the jobs' calls to S3 fail, the run that makes them die, or another run begin first."""

    def __init__(self, lake: Lake, dice: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
        self._lake, self._dice = lake, dice
        self._on, self._inside = False, 0
        self.strikes = 0
        store = type(lake.access.store)
        for name in CALLS:
            monkeypatch.setattr(store, name, self._disturbed(getattr(store, name)))

    @contextmanager
    def blowing(self) -> Iterator[None]:
        self._on = True
        yield
        self._on = False

    def run(self) -> None:
        """A run that may end in any way."""
        self._inside += 1
        try:
            self._lake.run("cloudtrail")
        except (Died, OSError):
            pass
        finally:
            self._inside -= 1

    def _disturbed(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(store: Store, *arguments: Any, **named: Any) -> Any:
            if not self._on:
                return original(store, *arguments, **named)
            chance = self._dice.random()
            self.strikes += chance < 0.03
            if chance < 0.01:
                raise Died
            if chance < 0.02:
                raise OSError("S3 says no")
            if chance < 0.03 and self._inside < 3:
                self.run()
            answer = original(store, *arguments, **named)
            if self._dice.random() < 0.01:
                raise Died  # done, and nobody heard the answer
            return answer

        return call


@pytest.mark.parametrize("seed", range(SEEDS))
def test_after_the_storm_every_event_is_shown_once_and_the_books_agree(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(plan, "FEWEST", 1)
    small = SETTINGS.text.replace("slice_rows = 200_000", "slice_rows = 8")
    lake = in_memory(parse(small.replace("batch_files = 2000", "batch_files = 2")))
    dice = random.Random(seed)
    storm = Storm(lake, dice, monkeypatch)
    truth = set[tuple[str, str]]()
    for number in range(ROUNDS):
        chosen = [dice.randrange(120) for _ in range(dice.randrange(1, 14))]
        times = {one: f"2024-05-{30 + one % 2}T{one * 7 % 24:02}:{one % 60:02}:00Z" for one in chosen}
        lake.put("cloudtrail", key(f"f{number}"), trail(*[event(one, times[one]) for one in chosen]))
        truth |= {(f"{one:012}", times[one][:10]) for one in chosen}
        lake.work_queue()
        with storm.blowing():
            storm.run()
        lake.later(minutes=dice.choice((1, 20, 70)))
    for _ in range(4):
        lake.later(hours=2)
        lake.work("cloudtrail")

    rows = lake.rows(READY)
    shown = [
        (one[-12:], day) for one, day in zip(rows["eventid"].to_pylist(), rows["calendarday"].to_pylist(), strict=True)
    ]
    assert sorted(shown) == sorted(truth)
    generations = lake.rows("lake_generations").to_pylist()
    for day in {day for _, day in truth}:
        mine = sorted((one for one in generations if one["publishedday"] == day), key=lambda one: one["generation"])
        assert [one["generation"] for one in mine] == list(range(1, len(mine) + 1))
        assert mine[-1]["rowsout"] == sum(one == day for _, one in shown)
    ledger = lake.rows("lake_ledger").to_pylist()
    assert sum(row["kept"] for row in ledger) == sum(one["rowsnew"] for one in generations)
    assert {row["objectkey"] for row in ledger if row["outcome"] == "ok"} == {key(f"f{n}") for n in range(ROUNDS)}
    assert storm.strikes > 3
    assert not lake.world.broken
