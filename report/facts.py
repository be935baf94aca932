"""What a session report says, as values. Times are UTC, as Athena writes them: `2026-03-02 09:01:00.123`.

Texts are the logs' own, exactly: whoever shows them makes them safe. None is what the lake does not know.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from report.verified import Verified


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a statement is from: a raw object (s3://bucket/key), which content of it (ETag), which record (from 0)."""

    object: str
    etag: str | None
    record: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row of the view `evidence`. why: its reasons, one each."""

    verdict: str
    why: tuple[str, ...]
    calendarday: str
    sessionid: str | None
    eventid: str | None
    starttime: str | None
    username: str | None
    accountid: str | None
    awsregion: str | None
    target: str | None
    sessiontype: str | None
    records: int
    degradedrecords: int
    firstkeystroke: str | None
    lastkeystroke: str | None
    streamed: bool | None
    endtime: str | None
    silences: int
    unreadobjects: int
    unreadobject: str | None


@dataclass(frozen=True, slots=True)
class Start:
    """The StartSession or ExecuteCommand, as CloudTrail has it. mfa: true, false, or None where it does not say."""

    eventname: str
    eventid: str | None
    outcome: str
    principalarn: str | None
    identitytype: str | None
    accesskeyid: str | None
    sourceidentity: str | None
    rolearn: str | None
    mfa: str | None
    sourceipaddress: str | None
    useragent: str | None
    documentname: str | None
    reason: str | None
    errorcode: str | None
    errormessage: str | None
    requestparameters: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Hop:
    """A call that handed out credentials on the way to the session's."""

    eventtime: str
    eventname: str
    eventid: str | None
    caller: str | None
    rolearn: str | None
    accesskeyid: str | None
    sourceipaddress: str | None
    accountid: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Chain:
    """A row of the view `role_chain`, and its calls, oldest first."""

    origin: str | None
    origintype: str | None
    foundby: str | None
    rolechain: str | None
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A record of keystrokes and its lines: (number in the session, text, exactly)."""

    eventtime: str
    logeventid: str | None
    uploadtime: str | None
    runasuser: str | None
    principalarn: str | None
    isrepeat: bool
    degraded: bool
    lines: tuple[tuple[int, str], ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Event:
    """Something else that the principal did: a row of the view `session_context`. seconds: from the session's start."""

    eventtime: str
    seconds: int
    phase: str
    foundby: str
    eventsource: str
    eventname: str
    accountid: str | None
    awsregion: str | None
    rolearn: str | None
    sourceipaddress: str | None
    errorcode: str | None
    readonly: bool | None
    requestparameters: str | None
    eventid: str | None
    origin: Origin | None


@dataclass(frozen=True, slots=True)
class Source:
    """A raw object that the report rests on. number: what the report calls it. sha256: of its bytes as read."""

    number: int
    object: str
    etag: str | None
    sha256: str | None
    arrived: str | None
    deliveryday: str | None
    recordsin: int | None
    quarantined: int | None


@dataclass(frozen=True, slots=True)
class Unread:
    """A record in quarantine, of an object that matters here."""

    object: str
    record: int
    reason: str
    detail: str | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Books:
    """A row of the view `completeness` for the session's time and account. job: which of the two logs."""

    calendarday: str
    source: str
    accountid: str
    awsregion: str
    objects: int
    processed: int
    records: int | None
    quarantined: int | None


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked of the lake, so that anybody can ask it again."""

    what: str
    sql: str


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. asked: the id as it was given. generated: when, UTC. others: other rows of the same id, as verdicts.

    events: those nearest to the session's start, in order; eventsall: how many there are. kept: what the filters let
    into the lake of the account: everything, or what they name. verified: of the days on which the sources were
    delivered, and of this account, the last verifications of raw; unverified: those of these days that had none.
    """

    asked: str
    generated: str
    version: str
    database: str
    verdict: Verdict
    start: Start | None
    chain: Chain | None
    records: tuple[Record, ...]
    events: tuple[Event, ...]
    eventsall: int
    kept: str | None
    sources: tuple[Source, ...]
    unread: tuple[Unread, ...]
    books: tuple[Books, ...]
    verified: tuple[Verified, ...]
    unverified: tuple[str, ...]
    others: tuple[Verdict, ...]
    questions: tuple[Question, ...] = field(repr=False)

    @property
    def lines(self) -> int:
        """How many lines the transcript has."""
        return sum(len(one.lines) for one in self.records)

    @property
    def principal(self) -> str | None:
        """The ARN of the one who had it: by the start, else by the records."""
        named = (one.principalarn for one in self.records if one.principalarn)
        return (self.start.principalarn if self.start else None) or next(named, None)

    @property
    def runas(self) -> str | None:
        """The operating system's user, as the records name it."""
        return ", ".join(dict.fromkeys(one.runasuser for one in self.records if one.runasuser)) or None

    @property
    def doubted(self) -> tuple[str, ...]:
        """That sources of this report did not verify, in words, one each."""
        return tuple(
            f"S{source.number} did not verify on {one.verifiedat[:10]}: it is not, or no more, what was signed or read"
            for source in self.sources
            for one in self.verified
            if source.object in one.examples
        )

    def document(self) -> dict[str, Any]:
        """The report as JSON's values."""
        return asdict(self)
