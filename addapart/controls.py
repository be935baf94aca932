"""What AddAPart takes, by the names of files alone: the central controls of `lake.toml`.

The lever against a flood or a log recursion: one line there stops an account, a Region or a prefix at once. What is
dropped is booked with the rule that dropped it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from addapart.catalog import Partition
from lake import layout
from lake.layout import Place
from lake.settings import Partitions, Settings, Source
from schemas import TABLES, raw_table

UNKNOWN = "unknown"


class NotOurs(ValueError):
    """No source in lake.toml names this bucket. The message goes to the dead-letter queue: fix lake.toml, redrive."""


class Decision(NamedTuple):
    """source: where it arrived. rule: the control that drops it, '' if it is taken. place: what its key says.

    values: the raw table's partition for it (its location is s3://bucket/place.folder); none where it is dropped.
    """

    source: Source
    rule: str
    place: Place = Place("", "", "", "", "")
    values: tuple[str, ...] = ()


def decide(settings: Settings, bucket: str, key: str) -> Decision:
    """What becomes of an object. Raises NotOurs."""
    sources = [one for one in settings.sources if one.bucket == bucket]
    if not sources:
        raise NotOurs(f"s3://{bucket}/{key}: no [[sources]] in lake.toml has the bucket {bucket}")
    for source in sources:
        place = layout.read(source.layout, key)
        if place is None:
            continue
        if rule := _denied(settings, bucket, key, place):
            return Decision(source, rule, place)
        # Two trails that share a bucket, under two prefixes or one of an account and one of its organization, must
        # not share a partition: it has one location.
        name = "/".join(filter(None, (source.name, place.prefix, place.organization)))
        known = {"source": name, "accountid": place.accountid, "region": place.region, "calendarday": place.day}
        keys = TABLES[raw_table(source.job)].partition_keys
        return Decision(source, "", place, tuple(known[key.name] or UNKNOWN for key in keys))
    return Decision(sources[0], "layout")


def registered(settings: Settings, teams: list[Partitions], key: str) -> list[Partition]:
    """The partitions of an object of which nothing else is wanted: of the first of [[partitions]] whose layout fits."""
    for team in teams:
        found = layout.partition(team.layout, key)
        if found is None:
            continue
        named = dict(zip(layout.keys_of(team.layout), found.values, strict=True))
        place = Place("", named.get("accountid", ""), named.get("region", ""), named["calendarday"], found.folder)
        if _denied(settings, team.bucket, key, place):
            return []
        return [Partition(team.table.name, found.values, f"s3://{team.bucket}/{found.folder}")]
    return []


def registered_since(settings: Settings, today: date) -> str:
    """The first day of delivery whose raw partitions stay in the catalog; those of earlier ones are retired."""
    return str(today - timedelta(days=settings.bounds.raw_partition_days))


def stays(day: str, since: str) -> bool:
    """Whether the raw partition of that day stays in the catalog; one of keys without a day does."""
    return not day or day >= since


def _denied(settings: Settings, bucket: str, key: str, place: Place) -> str:
    controls = settings.controls
    if any(f"{bucket}/{key}".startswith(beginning) for beginning in controls.keys_deny):
        return "keys_deny"
    # A key without account or Region cannot be judged by them here; the jobs judge its records.
    if any(place.accountid == one.account for one in settings.removals):
        return "removal"
    if place.accountid in controls.accounts_deny:
        return "accounts_deny"
    if place.accountid and controls.accounts_allow and place.accountid not in controls.accounts_allow:
        return "accounts_allow"
    if place.region in controls.regions_deny:
        return "regions_deny"
    if place.region and controls.regions_allow and place.region not in controls.regions_allow:
        return "regions_allow"
    return ""
