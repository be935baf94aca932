"""Whatever fails, dies or overtakes, doctors as well: once it is calm again, the truth is shown and nothing is left.

Runs and doctors die before or after any call to S3, others begin in the middle of one, queries go on across
all of it. Seeded: a failure repeats.
"""

from __future__ import annotations

import random
from datetime import date, datetime

import pytest

from infra import resources
from jobs import plan
from jobs.doctor import Doctor
from lake import keys
from lake.settings import parse
from tests.fire import in_memory
from tests.integration import test_interleavings
from tests.integration.test_collect import current, there
from tests.integration.test_interleavings import Died, Storm
from tests.integration.test_path import READY, event, key, trail
from tests.lakes import SETTINGS, Lake

SEEDS = 8
ROUNDS = 8
BUCKET = SETTINGS.buckets.readready


class Weather(Storm):
    """A storm in which doctors work as well, and queries."""

    def __init__(self, lake: Lake, dice: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(lake, dice, monkeypatch)
        self._tables = resources.table_inputs(lake.settings)
        self.queries: list[tuple[datetime, str, list[str]]] = []

    def doctor(self) -> Doctor:
        lake, today = self._lake, date(2024, 5, 31)
        # In one thread: what a seed found, it finds again.
        return Doctor(lake.access, lake.glue, lake.sqs, self._tables, lambda: lake.now, today, today, at_once=1)

    def cure(self) -> None:
        """A doctor, who may die as well."""
        self._inside += 1
        try:
            here = self.doctor()
            for _ in here.fix(here.look()):
                pass
        except (Died, OSError):
            pass
        finally:
            self._inside -= 1

    def ask(self) -> None:
        """A query begins: it has listed what it will read."""
        for location in self._lake.partitions(READY).values():
            folder = location.removeprefix(f"s3://{BUCKET}/")
            self.queries.append((self._lake.now, folder, there(self._lake, folder)))

    def answer(self) -> None:
        """All queries that are not half a day old still find what they listed."""
        lake = self._lake
        self.queries = [one for one in self.queries if (lake.now - one[0]).total_seconds() < 12 * 3600]
        for _, folder, files in self.queries:
            assert there(lake, folder) == files


@pytest.mark.parametrize("seed", range(SEEDS))
def test_after_the_storm_the_truth_is_shown_and_nothing_else_is_left(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(plan, "FEWEST", 1)
    monkeypatch.setattr(test_interleavings, "CALLS", (*test_interleavings.CALLS, "list", "pages", "folders"))
    small = SETTINGS.text.replace("slice_rows = 200_000", "slice_rows = 8").replace(
        "retention_days = 7", "retention_days = 1"
    )
    lake = in_memory(parse(small.replace("batch_files = 2000", "batch_files = 2")))
    dice = random.Random(seed)
    weather = Weather(lake, dice, monkeypatch)
    truth = set[tuple[str, str]]()
    for number in range(ROUNDS):
        chosen = [dice.randrange(60) for _ in range(dice.randrange(1, 10))]
        times = {one: f"2024-05-{30 + one % 2}T{one * 7 % 24:02}:{one % 60:02}:00Z" for one in chosen}
        # Copies of an event that contradict each other, and records that cannot be read.
        events = [event(one, times[one], errorCode=str(dice.randrange(2))) for one in chosen]
        lake.put("cloudtrail", key(f"f{number}"), trail(*events, event(900, eventTime="never")))
        truth |= {(f"{one:012}", times[one][:10]) for one in chosen}
        if dice.random() < 0.8:
            lake.work_queue()
        weather.ask()
        with weather.blowing():
            weather.run()
            weather.cure()
        weather.answer()
        lake.later(minutes=dice.choice((1, 70, 1500)))
    for _ in range(6):
        lake.later(hours=25)
        weather.ask()
        lake.work("cloudtrail")
        here = weather.doctor()
        list(here.fix(here.look()))
        weather.answer()
        lake.work_queue()

    rows = lake.rows(READY)
    shown = zip((one[-12:] for one in rows["eventid"].to_pylist()), rows["calendarday"].to_pylist(), strict=True)
    assert sorted(shown) == sorted(truth)
    assert set(there(lake, "")) == current(lake)
    assert there(lake, keys.CONDEMNED, lake.access.books) == []
    stored = {row["storedin"] for row in lake.rows("lake_quarantine").to_pylist()}
    assert {f"s3://{lake.access.books}/{one}" for one in there(lake, "quarantine/", lake.access.books)} == stored
    assert list(weather.doctor().look()) == []
    assert weather.strikes > 3
    assert not lake.world.broken
