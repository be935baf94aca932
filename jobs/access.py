"""What a task needs besides its work: the settings and S3. Made once a process, from the text of lake.toml, because a
task travels to its worker as a value and neither clients nor settings do."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from lake import settings as lake_settings
from lake.settings import Settings
from lake.store import Store


class Access(NamedTuple):
    """Settings and store, as the protocol's steps take them."""

    settings: Settings
    store: Store

    @property
    def books(self) -> str:
        """The bucket of commits."""
        return self.settings.buckets.books


@lru_cache(maxsize=2)
def access(text: str) -> Access:
    """The access that goes with this lake.toml."""
    settings = lake_settings.parse(text)
    return Access(settings, Store(settings.lake.region))
