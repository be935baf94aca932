"""When raw was last verified, and what came out: of `loglake verify`, by the view `verified`. For both reports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from cli.athena import literal

MOST = 10  # verifications that a report shows, those that failed first
_ASKED = 200  # that it asks for: those of all of raw, one a day at most, and of the others those that failed first
NAMED = 5  # of what does not verify

Row = dict[str, str | None]


class Asks(Protocol):
    """See report.gather.Asker."""

    def rows(self, what: str, sql: str) -> list[Row]:
        """The answer, a row a dict."""
        ...


@dataclass(frozen=True, slots=True)
class Verified:
    """A verification that is the last of some of the days. calendardays: these.

    firstday, lastday: all that it was about; the counts are of all of these. sources, accounts: to which it was
    limited, None for all. verified, failed, unverifiable: how many checks held, did not, could not be made.
    failedkinds, unverifiablekinds: which, by the words of docs/verify.md. examples: some of what failed,
    s3://bucket/key; pages show NAMED of them.
    """

    calendardays: tuple[str, ...]
    verification: str
    verifiedat: str
    firstday: str
    lastday: str
    sources: str | None
    accounts: str | None
    verified: int
    failed: int
    unverifiable: int
    failedkinds: str | None
    unverifiablekinds: str | None
    examples: tuple[str, ...]

    @property
    def limited(self) -> bool:
        """Whether it was not about all of raw."""
        return bool(self.sources or self.accounts)

    @property
    def about(self) -> str:
        """What it was about, in words."""
        days = self.firstday if self.firstday == self.lastday else f"{self.firstday} to {self.lastday}"
        only = [f"only source {self.sources}"] if self.sources else []
        only += [f"only account {self.accounts}"] if self.accounts else []
        return ", ".join((days, *only))

    @property
    def outcome(self) -> str:
        """What came out, in words."""
        said = [f"{self.failed:,} failed ({self.failedkinds})"] if self.failed else []
        said += [f"{self.verified:,} checks hold"]
        said += [f"{self.unverifiable:,} could not be made ({self.unverifiablekinds})"] if self.unverifiable else []
        return "; ".join(said)


def verified(asker: Asks, days: str, account: str | None = None) -> tuple[Verified, ...]:
    """The last verifications of raw that was delivered on these days (a condition on calendarday).

    account: only those that took this one in.
    """
    also = ""
    if account:  # one without a limit, or whose list has it
        also = f" AND strpos(concat(',', coalesce(accounts, {literal(account)}), ','), {literal(f',{account},')}) > 0"
    rows = asker.rows(
        "When was what lies in raw verified last, and what came out?",
        "SELECT array_join(array_agg(calendarday ORDER BY calendarday), ',') AS calendardays, verification,"
        " verifiedat, firstday, lastday, sources, accounts, verified, failed, unverifiable, failedkinds,"
        " unverifiablekinds, examples"
        f" FROM verified WHERE {days}{also}"
        " GROUP BY verification, verifiedat, firstday, lastday, sources, accounts, verified, failed, unverifiable,"
        " failedkinds, unverifiablekinds, examples"
        " ORDER BY CASE WHEN sources IS NULL AND accounts IS NULL THEN 0 ELSE 1 END, failed DESC, calendardays,"
        f" verification LIMIT {_ASKED}",
    )
    found = [
        Verified(
            calendardays=tuple((row["calendardays"] or "").split(",")),
            verification=row["verification"] or "",
            verifiedat=row["verifiedat"] or "",
            firstday=row["firstday"] or "",
            lastday=row["lastday"] or "",
            sources=row["sources"],
            accounts=row["accounts"],
            verified=int(row["verified"] or 0),
            failed=int(row["failed"] or 0),
            unverifiable=int(row["unverifiable"] or 0),
            failedkinds=row["failedkinds"],
            unverifiablekinds=row["unverifiablekinds"],
            examples=tuple(chain.from_iterable(json.loads(row["examples"] or "[]"))),
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: (not one.failed, one.calendardays, one.limited, one.verifiedat)))


def without(every: Sequence[Verified], days: Iterable[str]) -> list[str]:
    """Those of the days that no verification of all of raw was about."""
    done = {day for one in every if not one.limited for day in one.calendardays}
    return [day for day in days if day not in done]
