"""Raw objects by their days of delivery, found by walking the folders of a source's layout. No folder is listed that
cannot lead to a wanted day or account.

Where a layout goes on with year, month and day, the wanted days are one stretch of keys: a LIST a thousand objects,
however many days. Folders are looked for only where the layout leaves them open (accounts, Regions, prefixes).
Where it is undated, the day of an object is that of its writing, which a LIST says: so all of them are listed.
One thing is taken for granted: a prefix ends where two folders in a row read as what follows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from lake import layout
from lake.layout import PARTS, Token
from lake.store import Listed, Page, Store

AT_ONCE = 32  # LISTs under way
_SURE = 2  # folders in a row that read as the layout are no part of a prefix
_DATE = ("yyyy", "mm", "dd")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Objects delivered on the days first to last, yyyy-mm-dd, both included. accounts: none is all."""

    first: str
    last: str
    accounts: tuple[str, ...] = ()

    def takes(self, place: layout.Place, modified: datetime) -> bool:
        """Whether an object at that place is wanted, which was written then."""
        day = place.day or str(modified.date())
        return self.first <= day <= self.last and (not self.accounts or place.accountid in self.accounts)


def objects(
    store: Store, bucket: str, key_layout: str, wanted: Wanted, listed: Callable[[], None] = lambda: None
) -> Iterator[Listed]:
    """The bucket's objects that fit the layout and are wanted, in no order. Current versions only, as S3 lists them.

    listed: called for the answer to each LIST. Not more than AT_ONCE answers are in memory at any time.
    """
    walk = _Walk(store, bucket, wanted)
    todo = walk.enter("", [_Reading(path) for path in _paths(key_layout)])
    running: dict[Future[Page | None], _Task] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            while todo or running:
                while todo and len(running) < AT_ONCE:
                    task = todo.pop()
                    running[pool.submit(next, task.pages, None)] = task
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    task, page = running.pop(future), future.result()
                    if page is None:
                        continue
                    listed()
                    todo += task.then(page)
                    for one in task.kept(page):
                        place = layout.read(key_layout, one.key)
                        if place and wanted.takes(place, one.modified):
                            yield one
        finally:
            pool.shutdown(cancel_futures=True)


class _Stretch(NamedTuple):
    """All keys that begin with `first`, with `last`, or sort between them."""

    first: str
    last: str

    def holds(self, key: str) -> bool:
        """Whether the key is one of them."""
        return self.first <= key and key[: len(self.last)] <= self.last


@dataclass(frozen=True, slots=True)
class _Task:
    """A listing under way. then: what a page of it leads to. stretch: of which objects it is, None where it is of
    folders. elsewhere: stretches that are other tasks'."""

    pages: Iterator[Page]
    then: Callable[[Page], list[_Task]]
    stretch: _Stretch | None = None
    elsewhere: tuple[_Stretch, ...] = ()

    def kept(self, page: Page) -> Iterator[Listed]:
        """The objects that are this task's to give."""
        if self.stretch is None:
            return
        for one in page.objects:
            # A page can go on behind the stretch's end.
            if self.stretch.holds(one.key) and not any(other.holds(one.key) for other in self.elsewhere):
                yield one


@dataclass(frozen=True, slots=True)
class _Step:
    """One folder of a layout. name: what it is called, where that is no question."""

    tokens: tuple[Token, ...]
    pattern: re.Pattern[str]
    name: str | None

    @property
    def parts(self) -> list[str]:
        """The parts of the key that it says."""
        return [one.part for one in self.tokens if one.part]


@lru_cache(maxsize=256)
def _paths(key_layout: str) -> list[tuple[_Step, ...]]:
    """The folders that lead to a file, and the file, for every choice of what is optional."""
    found = []
    for tokens in layout.variants(key_layout):
        steps: list[list[Token]] = [[]]
        for one in tokens:
            first, *further = [one] if one.part else [Token("", text) for text in one.text.split("/")]
            steps[-1].append(first)
            steps += [[text] for text in further]
        found.append(tuple(_step(tuple(one for one in step if one.part or one.text)) for step in steps))
    return found


def _step(tokens: tuple[Token, ...]) -> _Step:
    pattern = "".join(f"(?P<{one.part}>{_inside(one.part)})" if one.part else re.escape(one.text) for one in tokens)
    fixed = all(not one.part for one in tokens)
    return _Step(tokens, re.compile(pattern, re.S), "".join(one.text for one in tokens) if fixed else None)


def _inside(part: str) -> str:
    """A part inside one folder's name: of a prefix, that can be the end of it."""
    return ".*" if part == "prefix" else PARTS[part]


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a folder's key: the steps of `path` before `at` are taken. The path's last step is the file.

    depth: how many folders were read as the layout, after the prefix. date: what is known of it. over: it leads to
    nothing that is wanted (or to what is listed already), and only shows what is no prefix.
    """

    path: tuple[_Step, ...]
    at: int = 0
    depth: int = 0
    date: tuple[str, str, str] = ("", "", "")
    account: str = ""
    over: bool = False

    @property
    def step(self) -> _Step | None:
        """The next folder, None where only the file is left."""
        return self.path[self.at] if self.at < len(self.path) - 1 else None

    def into(self, name: str, wanted: Wanted) -> Iterator[_Reading]:
        """The ways to read the folder of this name inside this one."""
        if self.step is None:
            yield self
            return
        if "prefix" in self.step.parts:
            yield self  # it can go on for any number of folders
        match = self.step.pattern.fullmatch(name)
        if match is None:
            return
        said = match.groupdict()
        year, month, day = (said.get(part) or known for part, known in zip(_DATE, self.date, strict=True))
        account = said.get("accountid") or self.account
        early = bool(year) and f"{year}-{month or 12}-{day or 31}" < wanted.first
        late = bool(year) and f"{year}-{month or '01'}-{day or '01'}" > wanted.last
        other = bool(account and wanted.accounts) and account not in wanted.accounts
        yield replace(
            self,
            at=self.at + 1,
            depth=0 if "prefix" in self.step.parts else self.depth + 1,
            date=(year, month, day),
            account=account,
            over=self.over or early or late or other,
        )

    def names(self, wanted: Wanted) -> list[str] | None:
        """What the next folder is called, None if only a LIST can tell."""
        if self.step is None or (wanted.accounts and not self.account and not self._says("accountid")):
            return []
        if self.step.name is not None:
            return [self.step.name]
        return list(wanted.accounts) or None if [one.part for one in self.step.tokens] == ["accountid"] else None

    def _says(self, part: str) -> bool:
        return any(part in one.parts for one in self.path[self.at :])

    def stretch(self, folder: str, wanted: Wanted) -> _Stretch | None:
        """The wanted keys below this folder; None if they are no one stretch."""
        rest = [token for step in self.path[self.at :] for token in (*step.tokens, Token("", "/"))]
        parts = [one.part for one in rest if one.part]
        by_account = bool(wanted.accounts) and not self.account
        if by_account and (self.step is not None or "accountid" not in parts):
            return None  # folder by folder, so that none of the others' is listed
        if not any(self.date) and tuple(parts[:3]) == _DATE:
            end = next(n for n, one in enumerate(rest) if one.part == "dd") + 1
            return _Stretch(folder + _dated(rest[:end], wanted.first), folder + _dated(rest[:end], wanted.last))
        return _Stretch(folder, folder) if all(self.date) or self.step is None else None


def _dated(tokens: list[Token], day: str) -> str:
    said = dict(zip(_DATE, day.split("-"), strict=True))
    return "".join(said[one.part] if one.part else one.text for one in tokens)


class _Walk:
    """Makes the tasks."""

    def __init__(self, store: Store, bucket: str, wanted: Wanted) -> None:
        self.store, self.bucket, self.wanted = store, bucket, wanted

    def enter(self, folder: str, readings: list[_Reading], elsewhere: tuple[_Stretch, ...] = ()) -> list[_Task]:
        """What there is to list in a folder that can be read in these ways. elsewhere: what is listed already."""
        tasks, rest = [], []
        for one in readings:
            stretch = None if one.over else one.stretch(folder, self.wanted)
            if stretch and stretch not in elsewhere:
                tasks.append(self._stretch(stretch, elsewhere))
                elsewhere += (stretch,)
            rest.append(replace(one, over=one.over or bool(stretch)))
        live = [one.names(self.wanted) for one in rest if not one.over]
        if None in live:
            return [*tasks, self._look(folder, rest, elsewhere)]
        for name in sorted({name for names in live for name in names or ()}):
            tasks += self._child(folder, name, rest, elsewhere)
        return tasks

    def _child(self, folder: str, name: str, readings: list[_Reading], elsewhere: tuple[_Stretch, ...]) -> list[_Task]:
        inside = [found for one in readings for found in one.into(name, self.wanted)]
        if any(one.depth >= _SURE or one.step is None for one in inside):
            inside = [one for one in inside if one.depth]
        if all(one.over for one in inside):
            return []
        return self.enter(f"{folder}{name}/", inside, elsewhere)

    def _look(self, folder: str, readings: list[_Reading], elsewhere: tuple[_Stretch, ...]) -> _Task:
        """For folders."""
        pages = self.store.pages(self.bucket, folder, delimiter="/")

        def then(page: Page) -> list[_Task]:
            names = [one.removeprefix(folder)[:-1] for one in page.folders]
            inside = [task for name in names for task in self._child(folder, name, readings, elsewhere)]
            return [*inside, _Task(pages, then)]

        return _Task(pages, then)

    def _stretch(self, stretch: _Stretch, elsewhere: tuple[_Stretch, ...]) -> _Task:
        """For objects."""
        first, last = stretch
        pages = self.store.pages(self.bucket, _common(first, last), after=first if first != last else "")

        def then(page: Page) -> list[_Task]:
            over = page.objects and page.objects[-1].key[: len(last)] > last
            return [] if over else [_Task(pages, then, stretch, elsewhere)]

        return _Task(pages, then, stretch, elsewhere)


def _common(one: str, other: str) -> str:
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return one[:same]
