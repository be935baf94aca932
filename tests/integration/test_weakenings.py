"""The tests notice: each rule of the protocol is taken away from the real code, and some trial breaks a promise.

The trials are those that the whole lake passes (test_crash_points, test_pauses), in a fixed order.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import chain
from typing import NamedTuple

import pytest

from tests import crowds as many
from tests import trials
from tests import weakenings as weak
from tests.figures import Figure
from tests.memory_aws import World
from tests.trials import Trial

pytestmark = pytest.mark.usefixtures("under_fire")

MOST = 400  # trials after which a weakening counts as not noticed


def crashes(way: Callable[[trials.Point], World]) -> Callable[[], Iterator[Trial]]:
    return lambda: trials.crashes(way, trials.crash_points(check=False))


def pauses() -> Iterator[Trial]:
    return chain.from_iterable(trials.pauses(step) for step in trials.STEPS)


def crowds() -> Iterator[Trial]:
    return many.crowds(MOST)


def pointings() -> Iterator[Trial]:
    return many.pointings(MOST)


class Weakening(NamedTuple):
    """A rule that is taken away: its name in the protocol's model, how, and the trials that it is put to."""

    name: str
    weaken: Callable[[pytest.MonkeyPatch], None]
    trials: Callable[[], Iterator[Trial]]


WEAKENINGS = (
    Weakening("plan=hash", weak.plan_hash, crowds),
    Weakening("plan=pos", weak.plan_pos, crowds),
    Weakening("landkey=batch", weak.landkey_batch, crashes(trials.died_and_settings_changed)),
    Weakening("genkey=number", weak.genkey_number, pauses),
    Weakening("pick=listing", weak.pick_listing, crashes(trials.died_and_settings_changed)),
    Weakening("idless=none", weak.idless_none, crashes(trials.died_after)),
    Weakening("get=current", weak.get_current, crashes(trials.died_after)),
    Weakening("undone=drop", weak.undone_drop, crashes(trials.died_after)),
    Weakening("retried=early", weak.retried_early, crowds),
    Weakening("close=marker", weak.close_marker, many.lost_words),
    Weakening("settle=now", weak.settle_now, many.late_request),
    Weakening("point=once", weak.point_once, pointings),
    Weakening("point=own", weak.point_own, pointings),
    Weakening("ack=first", weak.ack_first, crashes(trials.died_after)),
    Weakening("arrkey=first", weak.arrkey_first, crowds),
    Weakening("inbox=folders", weak.inbox_folders, crashes(trials.died_after)),
    Weakening("commit=put", weak.commit_put, pauses),
    Weakening("delete=first", weak.delete_first, crashes(trials.died_after)),
    Weakening("failures=swallowed", weak.failures_swallowed, crashes(trials.the_call_fails)),
)


# doctor=off, gc=age and gc=successor are noticed by the doctor's and the collector's own trials: test_doctor.py and
# test_collect.py. A run deletes no folder and looks for no object that S3 did not announce.
@pytest.mark.parametrize("weakening", WEAKENINGS, ids=lambda one: one.name)
def test_a_rule_taken_away_breaks_a_promise(
    weakening: Weakening, figure: Figure, monkeypatch: pytest.MonkeyPatch
) -> None:
    logging.disable(logging.CRITICAL)
    weakening.weaken(monkeypatch)
    for tries, trial in enumerate(weakening.trials(), 1):
        try:
            trial.run()
        except Exception as error:  # noqa: BLE001 - a weakened lake may fail in any way: that is noticed
            what = " ".join(str(error).split())
            figure(f"noticed: {weakening.name:20}{tries:4} trials  {what[:120]}")
            logging.disable(logging.NOTSET)
            return
        if tries == MOST:
            break
    pytest.fail(f"{weakening.name}: {tries} trials noticed nothing")
