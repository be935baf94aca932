"""`loglake source check`: a key layout tried against a sample of keys, before lake.toml makes it live."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import boto3
import click

from cli import again
from cli.errors import CODES, FAILED, USAGE, Failure
from cli.safe import safe
from lake import layout as layouts

_SHOWN = 3  # keys of each kind
_EARLIEST = date(2006, 3, 14)  # S3 began


@click.group(epilog=CODES)
def source() -> None:
    """Where logs arrive: try the layout of a bucket's keys before lake.toml has it.

    \b
      loglake source check 'alb/{accountid}/{region}/{yyyy}/{mm}/{dd}/{file}' s3://team-logs/alb/ --partitions
    """


@source.command(epilog=CODES)
@click.argument("layout")
@click.argument("keys", metavar="KEYS|s3://BUCKET/PREFIX")
@click.option(
    "--partitions", is_flag=True, help="For [[partitions]], not [[sources]]: a partition must have one folder."
)
@click.option("--undated", is_flag=True, help="The keys name no day, as those of session log files: it is no reason.")
@click.option("--most", type=click.IntRange(1, 1_000_000), default=10_000, show_default=True, help="Keys to look at.")
@click.option("--allow-others", is_flag=True, help="Keys that do not fit are another's: they are no reason to refuse.")
def check(layout: str, keys: str, partitions: bool, undated: bool, most: int, allow_others: bool) -> None:
    """Read keys by LAYOUT, and refuse it with the reason if it is wrong.

    KEYS is a file with a key a line (- is standard input), or a folder whose files' paths are keys; s3://BUCKET/PREFIX
    is listed, with the rights of whoever asks.

    \b
      loglake source check 'alb/{accountid}/{region}/{yyyy}/{mm}/{dd}/{file}' keys.txt --partitions
      aws s3 ls s3://team-logs --recursive | awk '{print $4}' | loglake source check '...' -

    Exit code 1: a key does not fit, a day cannot be, or two folders would be one partition. 2: the layout is none.
    """
    try:
        names = layouts.keys_of(layout) if partitions else ("calendarday",)
        layouts.check(layout, undated)
    except layouts.LayoutError as error:
        raise Failure(f"the layout is wrong: {error}", "What it may hold: docs/onboard-partitions.md.", USAGE) from None
    found = _look(layout, islice(_keys(keys), most), partitions)
    _tell(found, names if partitions else ())
    if wrong := found.wrong(allow_others):
        raise Failure(wrong, "Change the layout and try again; lake.toml is as it was.", FAILED)
    click.echo("The layout takes these keys.", err=True)


@dataclass
class _Found:
    """fits: keys that fit; others: that do not, each with why. folders: by partition. odd: days that cannot be."""

    fits: int = 0
    others: list[tuple[str, str]] = field(default_factory=list)
    folders: dict[tuple[str, ...], set[str]] = field(default_factory=lambda: defaultdict(set))
    odd: Counter[str] = field(default_factory=Counter)

    def wrong(self, allow_others: bool) -> str:
        """Why the layout is refused; '' if it is not."""
        if not self.fits:
            return f"no key fits; the first: {safe(self.others[0][1])}" if self.others else "there is no key to try"
        if self.others and not allow_others:
            key, why = self.others[0]
            return f"{len(self.others):,} of {self.fits + len(self.others):,} keys do not fit: {safe(key)}: {safe(why)}"
        if self.odd:
            day, count = self.odd.most_common(1)[0]
            return f"{count:,} keys would be of the day {day}, which cannot be: are month and day the right way round?"
        for values, folders in self.folders.items():
            if len(folders) > 1:
                one, other = sorted(folders)[:2]
                return f"the partition {'/'.join(values)} would lie in two folders: {safe(one)} and {safe(other)}"
        return ""


def _look(layout: str, keys: Iterable[str], partitions: bool) -> _Found:
    found, latest = _Found(), datetime.now(UTC).date() + timedelta(days=1)
    for key in keys:
        place = layouts.read(layout, key)
        if place is None:
            found.others.append((key, layouts.misfit(layout, key)))
            continue
        found.fits += 1
        if place.day and not _can_be(place.day, latest):
            found.odd[place.day] += 1
        if partitions and (part := layouts.partition(layout, key)):
            found.folders[part.values].add(part.folder)
    return found


def _can_be(day: str, latest: date) -> bool:
    try:
        return _EARLIEST <= date.fromisoformat(day) <= latest
    except ValueError:
        return False


def _keys(place: str) -> Iterator[str]:
    if place.startswith("s3://"):
        yield from _listed(place)
    elif place != "-" and Path(place).is_dir():
        for folder, _, files in os.walk(place):
            yield from (str((Path(folder) / name).relative_to(place)) for name in sorted(files))
    else:
        try:
            with click.open_file(place, encoding="utf-8", errors="surrogateescape") as file:
                yield from _lines(file)
        except OSError as error:
            raise Failure(
                f"{place}: {error.strerror}", "KEYS is a file with a key a line, a folder, or s3://..."
            ) from None


def _lines(file: Iterable[str]) -> Iterator[str]:
    return (key for line in file if (key := line.rstrip("\r\n")))


def _listed(place: str) -> Iterator[str]:
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    with again.told():
        pages: Any = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            yield from (one["Key"] for one in page.get("Contents", ()))


def _tell(found: _Found, names: tuple[str, ...]) -> None:
    click.echo(f"{found.fits:,} keys fit, {len(found.others):,} do not")
    if names:
        click.echo(f"{len(found.folders):,} partitions by {', '.join(names)}")
        for values, folders in sorted(found.folders.items())[:_SHOWN]:
            click.echo(f"  {'/'.join(values)}  in  {safe(min(folders))}")
    for key, why in found.others[:_SHOWN]:
        click.echo(f"  does not fit: {safe(key)}\n    {safe(why)}")
