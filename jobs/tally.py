"""One object's records, counted as they are read; its bad ones take bounded memory, however many there are."""

from __future__ import annotations

from jobs.rows import Bad, Outcome

TOLD = 10_000  # bad records of one object that are told one by one
SHOWN = (
    1 << 20
)  # bytes of an object that is no log, and of a flood, that go to quarantine; the object stays where it is


class Tally:
    """An Outcome that grows. Its law holds after every call: `records == kept + sum(filtered.values()) + len(bad)`.

    More than TOLD bad records are a flood: one last bad record, "too-many-bad", stands for all the others, wherever
    in the object they lie, and has the first SHOWN bytes of them. Good records are kept for all that.
    """

    def __init__(self) -> None:
        self.outcome = Outcome()
        self._more = 0
        self._shown = bytearray()

    @property
    def number(self) -> int:
        """The position of the record that comes next."""
        return self.outcome.records

    @property
    def flooded(self) -> bool:
        """Whether no bad record is told on its own any more."""
        return self._more > 0

    def keep(self, records: int = 1) -> None:
        """Records that become rows."""
        self.outcome.records += records
        self.outcome.kept += records

    def filter(self, rule: str, records: int = 1) -> None:
        """Records that a rule drops."""
        if records:
            self.outcome.filtered[rule] = self.outcome.filtered.get(rule, 0) + records
            self.outcome.records += records

    def bad(self, reason: str, detail: str, data: bytes) -> None:
        """A record, or a stretch of the object, that goes to quarantine."""
        if len(self.outcome.bad) < TOLD:
            self.damage(reason, detail, data)
            return
        if not self._more:
            self.damage("too-many-bad", "", b"")
        self._more += 1
        if len(self._shown) < SHOWN:
            self._shown += data[: SHOWN - len(self._shown)].strip() + b"\n"

    def damage(self, reason: str, detail: str, data: bytes) -> None:
        """What is wrong with the object as a whole: one bad record, told even behind a flood."""
        self.outcome.bad.append(Bad(self.number, reason, detail, data))
        self.outcome.records += 1

    def done(self, unpacked: int) -> Outcome:
        """The outcome, finished. unpacked: bytes."""
        if self._more:
            flood = self.outcome.bad[TOLD]
            detail = (
                f"{self._more:,} bad records or stretches follow the first {TOLD:,}; these are the first bytes of them"
            )
            self.outcome.bad[TOLD] = flood._replace(detail=detail, data=bytes(self._shown))
        self.outcome.unpacked = unpacked
        return self.outcome


def refused(reason: str, detail: str, data: bytes, unpacked: int) -> Outcome:
    """The outcome of an object that is one bad record as a whole."""
    return Outcome(records=1, bad=[Bad(0, reason, detail, data)], unpacked=unpacked)
