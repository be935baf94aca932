"""Two lake.toml side by side: which settings differ, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any, NamedTuple

from lake.settings import Settings

_DECODED_BY = ("sources.", "controls.", "jobs.", "removals.", "bounds.object_bytes", "buckets.")


class Difference(NamedTuple):
    """A setting, by its table and name. now, then: in words; '' where it is not there. Of a list only what differs."""

    setting: str
    now: str
    then: str


def differences(now: Settings, then: Settings) -> list[Difference]:
    """In the order of lake.toml's tables."""
    before, after = dict(_flat(now)), dict(_flat(then))
    return [
        _difference(name, before.get(name), after.get(name))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]


def decides(one: Difference) -> bool:
    """Whether the setting can change which records become rows."""
    return one.setting.startswith(_DECODED_BY)


def _difference(name: str, now: Any, then: Any) -> Difference:
    if isinstance(now, tuple) and isinstance(then, tuple):
        gone, new = [one for one in now if one not in then], [one for one in then if one not in now]
        if gone or new:
            return Difference(name, ", ".join(map(str, gone)), ", ".join(map(str, new)))
    return Difference(name, _words(now), _words(then))


def _words(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)


def _flat(settings: Settings) -> Iterator[tuple[str, Any]]:
    for table in settings.__slots__:
        value = getattr(settings, table)
        if table == "text":
            continue
        if isinstance(value, tuple):  # [[sources]], [[removals]]: by their names
            yield f"{table}.order", tuple(getattr(one, one.__slots__[0]) for one in value)
            for one in value:
                fields = asdict(one)
                name = fields.pop(next(iter(fields)))
                yield from ((f"{table}.{name}.{field}", inner) for field, inner in fields.items())
        elif isinstance(value, Mapping):
            for name, one in value.items():
                if is_dataclass(one) and not isinstance(one, type):
                    fields = asdict(one)
                    fields.pop("removed", None)  # what [[removals]] say
                    fields |= fields.pop("own", {})
                    yield from ((f"{table}.{name}.{field}", inner) for field, inner in fields.items())
                else:
                    yield f"{table}.{name}", one
        else:
            yield from ((f"{table}.{field}", inner) for field, inner in asdict(value).items())
