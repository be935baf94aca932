"""Any call of one process held until others have done all of the work, then let go; and any order of the calls of many.

Nothing sleeps: a process stands still before its call until the test says that it may go on (tests/stage.py).
"""

from __future__ import annotations

import pytest

from tests.crowds import crowds, late_request, lost_words, pointings
from tests.figures import Figure
from tests.fire import STORY, Broken
from tests.trials import STEPS, pauses

pytestmark = pytest.mark.usefixtures("under_fire")

SEEDS = 40
ORDERS = 100


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step}-{STORY[step].__name__}")
def test_a_call_held_until_others_have_finished_changes_nothing_in_the_end(step: int, figure: Figure) -> None:
    held, broken = 0, list[str]()
    for trial in pauses(step):
        held += 1
        try:
            trial.run()
        except Broken as error:
            broken.append(f"{trial.name}\n    {error}")
    figure(f"{STORY[step].__name__}: calls held {held}, survived {held - len(broken)}")
    assert not broken, "\n".join(broken[:5])
    assert held > 5


def test_any_order_of_two_runs_and_two_addaparts_ends_in_one_result(figure: Figure) -> None:
    broken: list[str] = []
    for trial in crowds(SEEDS):
        try:
            trial.run()
        except Broken as error:
            broken.append(f"{trial.name}: {error}")
    figure(f"random orders {SEEDS}, survived {SEEDS - len(broken)}")
    assert not broken, "\n".join(broken[:5])


def test_two_addaparts_in_any_order_leave_the_newest_generation_shown() -> None:
    for trial in pointings(ORDERS):
        trial.run()


def test_a_marker_whose_event_is_lost_is_shown_in_the_end() -> None:
    lost = list(lost_words())
    for trial in lost:
        trial.run()
    assert len(lost) > 5


def test_a_request_that_glue_answers_late_does_not_leave_an_old_generation_shown() -> None:
    for trial in late_request():
        trial.run()
