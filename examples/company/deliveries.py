"""What CloudTrail and Firehose deliver: files and objects filled from what is due, each counted into the truth."""

from __future__ import annotations

from collections.abc import Sequence

from examples.company import firehose, trail
from examples.company.crowd import Crowd, Event
from examples.company.dice import Dice, moment
from examples.company.firehose import Document
from examples.company.people import ACCOUNTS, REGIONS
from examples.company.raw import RawObject
from examples.company.truth import Truth

Trail = tuple[str, str]  # an account and a Region
_AGAIN = 0.055  # the share of events that come again in the trail's next file
_DELAY = (180, 900)  # how old events are when CloudTrail delivers them, seconds
TRAILS: tuple[Trail, ...] = tuple((account, region) for account in ACCOUNTS for region in REGIONS)


class Deliveries:
    """Makes objects. Keeps no more than the events and documents that it will deliver a second time."""

    def __init__(self, seed: int, events_per_file: int, level: int, truth: Truth) -> None:
        self._dice, self._crowd = Dice(f"{seed}/deliveries"), Crowd(seed)
        self._size, self._level, self._truth = events_per_file, level, truth
        self._again: dict[Trail, list[Event]] = {}
        self._documents_again: list[Document] = []

    @property
    def owes_documents(self) -> bool:
        """Whether Firehose has documents to send a second time."""
        return bool(self._documents_again)

    def file(self, place: Trail, arrival: int, due: Sequence[Event], gz: bool = True) -> RawObject:
        """A CloudTrail file with the events that are due, some that came before, and the crowd's."""
        special = [*due, *self._again.pop(place, ())]
        events = self._ordinary(place, arrival, less=len(special))
        for event in special:
            events.insert(self._dice.randrange(len(events) + 1), event)
        fresh = [event for event in events if not event.again]
        self._again[place] = [one._replace(again=True) for one in self._dice.sample(fresh, round(len(fresh) * _AGAIN))]
        return self._put(place, arrival, events, gz)

    def late_file(self, place: Trail, arrival: int, happened: int, due: Sequence[Event]) -> RawObject:
        """A file of events that all happened in the hour before `happened`, however long ago that is."""
        events = [*due, *self._crowd.events(*place, 3, happened - 3600, happened)]
        events.append(self._crowd.kept(*place, happened - 3600, happened))
        return self._put(place, arrival, events)

    def empty_file(self, place: Trail, arrival: int) -> RawObject:
        """A file without a record: CloudTrail writes such."""
        return self._put(place, arrival, [])

    def truncated_file(self, place: Trail, arrival: int) -> RawObject:
        """A file whose upload broke off in the middle of a record."""
        events = [*self._ordinary(place, arrival), self._crowd.kept(*place, arrival - 900, arrival - 180)]
        lost = self._crowd.kept(*place, arrival - 900, arrival - 180)
        key = trail.key(self._dice, *place, arrival)
        trail.count(self._truth, key, arrival, events, "truncated")
        return _raw(trail.JOB, key, trail.truncated(events, lost.text, self._level), arrival)

    def file_with_a_wrong_time(self, place: Trail, arrival: int) -> RawObject:
        """A file with one record whose time is none."""
        events = self._ordinary(place, arrival)
        wrong = trail.without_time(self._crowd.kept(*place, arrival - 900, arrival - 180))
        texts = [event.text for event in events]
        texts.insert(len(texts) // 2, wrong)
        key = trail.key(self._dice, *place, arrival)
        trail.count(self._truth, key, arrival, events, "no-time")
        return _raw(trail.JOB, key, trail.packed(trail.document(texts), self._level), arrival)

    def digest(self, place: Trail, arrival: int) -> RawObject:
        """A digest file, beside the events' own folder."""
        key = trail.key(self._dice, *place, arrival, folder="CloudTrail-Digest")
        return self._ignored(key, trail.digest(key, self._level), arrival)

    def config(self, place: Trail, arrival: int) -> RawObject:
        """A file of AWS Config, under the same prefix."""
        key = trail.key(self._dice, *place, arrival, folder="Config")
        return self._ignored(key, trail.config(*place, self._level), arrival)

    def firehose(self, arrival: int, documents: list[Document], closing: bool) -> RawObject:
        """An object of these documents, of some that came before, and of other groups' documents.

        `closing`: Firehose sends nothing a second time by chance any more, or the last object would never come.
        """
        size = self._vary(self._size)
        batch = [*documents, *self._documents_again, *firehose.others(self._dice, size, arrival - 500, arrival - 60)]
        self._documents_again = [one._replace(again=True) for one in batch if self._comes_again(one, closing)]
        self._dice.shuffle(batch)
        key = firehose.key(self._dice, arrival)
        firehose.count(self._truth, key, arrival, batch)
        return _raw(firehose.JOB, key, firehose.content(self._dice, batch, self._level), arrival)

    def _comes_again(self, document: Document, closing: bool) -> bool:
        if document.again or not document.events:
            return False
        return any(one.resent for one in document.events) or (not closing and self._dice.random() < 0.03)

    def _vary(self, size: int) -> int:
        return self._dice.randrange(size // 2, size + size // 2 + 1)

    def _ordinary(self, place: Trail, arrival: int, less: int = 0) -> list[Event]:
        youngest, oldest = _DELAY
        count = max(self._vary(self._size) - less, 0)
        return self._crowd.events(*place, count, arrival - oldest, arrival - youngest)

    def _put(self, place: Trail, arrival: int, events: list[Event], gz: bool = True) -> RawObject:
        key = trail.key(self._dice, *place, arrival, ".json.gz" if gz else ".json")
        trail.count(self._truth, key, arrival, events)
        content = trail.document([event.text for event in events])
        return _raw(trail.JOB, key, trail.packed(content, self._level) if gz else content, arrival)

    def _ignored(self, key: str, data: bytes, arrival: int) -> RawObject:
        self._truth.ignored.append(key)
        return _raw(trail.JOB, key, data, arrival)


def _raw(job: str, key: str, data: bytes, arrival: int) -> RawObject:
    return RawObject(job, key, data, moment(arrival))
