"""What tests share: one embedded AWS for the session, emptied for each test that asks for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[1]))  # `tests.lakes`

settings.register_profile("suite", deadline=None)  # machines are noisy: a slow example is no failure
settings.load_profile("suite")


@pytest.fixture(scope="session")
def embedded_aws() -> Iterator[str]:
    """The endpoint of an embedded AWS in this process. From here on this process can reach nothing else."""
    from infra.local import hermetic, server

    running = server.start()
    hermetic.enter(running.endpoint)
    yield running.endpoint
    running.shutdown()


@pytest.fixture
def aws(embedded_aws: str) -> str:
    """The endpoint, with nothing in it: a lake that an earlier test made is gone."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
    return embedded_aws
