"""A crash at every single write of both jobs and of AddAPart: whatever is left undone, the next ones finish."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.figures import Figure
from tests.fire import STORY, Broken
from tests.memory_aws import World
from tests.trials import WAYS, Point, crash_points, crashes

pytestmark = pytest.mark.usefixtures("under_fire")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_crash_at_any_write_changes_nothing_in_the_end(way: Callable[[Point], World], figure: Figure) -> None:
    points = crash_points()
    broken: list[str] = []
    for trial in crashes(way, points):
        try:
            trial.run()
        except Broken as error:
            broken.append(f"{trial.name}\n    {error}")
    whose = Counter("AddAPart" if STORY[one.step].__name__ == "deliver" else "jobs" for one in points)
    counts = f"crash points {len(points)} (jobs {whose['jobs']}, AddAPart {whose['AddAPart']})"
    figure(f"{way.__name__.replace('_', ' ')}: {counts}, survived {len(points) - len(broken)}")
    assert not broken, "\n".join(broken[:5])
    assert min(whose["jobs"], whose["AddAPart"]) > 50  # a story that writes less would show little
