"""The views of the books (arrivals, objects, quarantined, completeness): ledger rows by hand in, answers out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.views_lake import Row, ViewLake, at, event

DAY = "2026-03-02"
KEY = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/a.json.gz"


def taken(batch: str, outcome: str = "ok", day: str = DAY, **columns: object) -> Row:
    """A row of lake_ledger: a batch ('plan-position') took the object KEY, in a plan of that day."""
    common = {
        "job": "cloudtrail",
        "batch": f"cloudtrail/{batch}",
        "source": "cloudtrail",
        "bucket": "raw",
        "objectkey": KEY,
        "etag": "e1",
        "versionid": None,
        "objectbytes": 1000,
        "arrived": at(f"{DAY} 10:00:00"),
        "why": "event",
        "edition": 0,
        "outcome": outcome,
        "recordsin": 0,
        "kept": 0,
        "filtered": 0,
        "quarantined": 0,
        "late": 0,
        "accountid": "111122223333",
        "awsregion": "eu-west-1",
        "deliveryday": DAY,
    }
    return {**common, **columns, "calendarday": day}


def read(batch: str, kept: int, filtered: int = 0, quarantined: int = 0, **columns: Any) -> Row:
    """The same of an object that was read."""
    counts = {"recordsin": kept + filtered + quarantined, "kept": kept, "filtered": filtered}
    return taken(batch, **{**counts, "quarantined": quarantined, **columns})


def shown(number: int, key: str = KEY, etag: str = "e1") -> Row:
    """A row of from_cloudtrail_readready that was read from the object."""
    return event(
        f"{DAY} 10:00:00", "StartSession", eventid=str(number), sourceobject=f"s3://raw/{key}", sourceetag=etag
    )


def bad(batch: str, record: int, reason: str = "no-time", **columns: object) -> Row:
    """A row of lake_quarantine about a record of the object KEY."""
    common = {"job": "cloudtrail", "batch": batch, "sourceobject": f"s3://raw/{KEY}", "sourceetag": "e1", "edition": 0}
    return {**common, "sourcerecord": record, "reason": reason, **columns, "calendarday": DAY}


def ask(ledger: list[Row], sql: str, events: list[Row] | None = None, quarantine: list[Row] | None = None) -> list[Row]:
    return ViewLake(events or [], [], ledger=ledger, quarantine=quarantine or []).ask(sql)


def outcome(*ledger: Row) -> str:
    """What `arrivals` says of the one object of these rows, in whatever order the rows lie."""
    found = {row["outcome"] for rows in (ledger, ledger[::-1]) for row in ask(list(rows), "SELECT * FROM arrivals")}
    (word,) = found
    assert isinstance(word, str)
    return word


# -- one row an object version -----------------------------------------------------------------------------------------


def test_an_object_announced_ten_times_is_one_object_with_its_rows_once() -> None:
    ledger = [
        read(f"{n}-0", 2, 1, day=f"2026-03-{n + 1:02}", why="event" if n == 1 else "backfill") for n in range(1, 11)
    ]
    events = [shown(1), shown(2)]
    (row,) = ask(ledger, "SELECT * FROM objects", events)
    assert (row["timestaken"], row["why"], row["outcome"]) == (10, "backfill", "ok")
    assert (row["recordsin"], row["kept"], row["filtered"], row["rowsshown"], row["rowselsewhere"]) == (3, 2, 1, 2, 0)
    (row,) = ask(ledger, "SELECT * FROM completeness")
    assert (row["objects"], row["processed"], row["records"], row["kept"]) == (1, 1, 3, 2)


def test_an_overwritten_object_is_two_and_each_has_its_own_fate() -> None:
    ledger = [taken("1-0", "gone", etag="old", detail="412"), read("1-0", 1, etag="new")]
    found = ask(ledger, "SELECT etag, outcome, detail FROM arrivals ORDER BY etag")
    assert [tuple(row.values()) for row in found] == [("new", "ok", None), ("old", "gone", "412")]


def test_once_read_is_read_whatever_came_later() -> None:
    for later in ("gone", "dropped", "givenup", "undone", "waiting"):
        assert outcome(read("1-0", 0, 3), taken("2-0", later, "2026-03-03", edition=1)) == "ok"


def test_what_was_never_read_is_what_became_of_it_the_last_time() -> None:
    assert outcome(taken("9-0", "undone"), taken("10-0", "givenup")) == "givenup"
    assert outcome(taken("9-0", "givenup"), taken("10-0", "undone")) == "undone"
    assert outcome(taken("2-0", "givenup"), taken("1-0", "gone", "2026-03-03")) == "gone"
    assert outcome(taken("2-7", "dropped", rule="accounts_deny"), taken("3-0/waiting", "waiting")) == "waiting"


def test_an_object_waits_only_until_its_batch_is_landed() -> None:
    assert outcome(taken("1-0/waiting", "waiting")) == "waiting"
    assert outcome(taken("1-0/waiting", "waiting"), read("1-0", 0)) == "ok"
    assert outcome(taken("1-0/waiting", "waiting"), taken("1-0", "undone")) == "undone"
    assert outcome(taken("1-0/waiting", "waiting"), taken("1-0", "gone")) == "gone"
    ledger = [taken("1-0/waiting", "waiting")]
    assert ask(ledger, "SELECT timestaken FROM arrivals") == [{"timestaken": 0}]
    assert ask([*ledger, read("1-0", 1)], "SELECT timestaken FROM arrivals") == [{"timestaken": 1}]


def test_the_reading_of_the_highest_edition_counts_and_of_equal_ones_the_one_that_kept_most() -> None:
    ledger = [read("1-0", 5, 5), read("2-0", 7, 3), read("3-0", 6, 4), read("4-0", 2, 8, edition=1)]
    columns = "SELECT edition, batch, kept, filtered FROM arrivals"
    assert [tuple(row.values()) for row in ask(ledger, columns)] == [(1, "cloudtrail/4-0", 2, 8)]
    assert [tuple(row.values()) for row in ask(ledger[:3], columns)] == [(0, "cloudtrail/2-0", 7, 3)]


def test_a_removal_is_no_object() -> None:
    assert ask([taken("1-0", "requested", bucket="", objectkey="", why="removal")], "SELECT * FROM arrivals") == []


def test_an_object_whose_key_names_nothing_is_of_the_day_of_its_arrival_and_of_an_unknown_account() -> None:
    ledger = [
        read("1-0", 1, source="", accountid=None, awsregion=None, deliveryday="2026-03-01"),
        read("2-0", 1, source="", accountid=None, awsregion=None, deliveryday="2026-03-02"),
    ]
    (row,) = ask(ledger, "SELECT * FROM completeness")
    assert [row[name] for name in ("calendarday", "source", "accountid", "awsregion")] == [
        "2026-03-01",
        *["unknown"] * 3,
    ]


def test_a_version_that_is_announced_again_without_its_id_is_the_same_object() -> None:
    """As backfill, rebuild and the doctor do, which list what lies in S3."""
    ledger = [
        read("1-0", 2, quarantined=1, versionid="v1"),
        read("2-0", 3, edition=5, why="rebuild"),
        read("1-0", 1, etag="e2", versionid="v2"),
        read("2-0", 1, etag="e3"),
    ]
    found = ask(ledger, "SELECT etag, versionid, edition, kept, timestaken FROM arrivals ORDER BY etag")
    assert [tuple(row.values()) for row in found] == [
        ("e1", "v1", 5, 3, 2),
        ("e2", "v2", 0, 1, 1),
        ("e3", None, 0, 1, 1),
    ]
    (row,) = ask(ledger, "SELECT * FROM completeness")
    assert (row["objects"], row["records"], row["kept"], row["quarantined"]) == (3, 5, 5, 0)
    assert still_bad(ledger, [bad("cloudtrail/1-0", 7)]) == []


# -- what of it is shown -----------------------------------------------------------------------------------------------


def test_what_an_object_kept_is_shown_or_is_elsewhere() -> None:
    ledger = [read("1-0", 3, objectkey="a"), read("1-0", 2, objectkey="b"), taken("1-0", "gone", objectkey="c")]
    events = [shown(1, "a"), shown(2, "a"), shown(3, "a"), shown(4, "b")]  # b's other record is one of a's
    found = ask(ledger, "SELECT objectkey, rowsshown, rowselsewhere FROM objects ORDER BY objectkey", events)
    assert [tuple(row.values()) for row in found] == [("a", 3, 0), ("b", 1, 1), ("c", 0, 0)]


def test_rows_of_another_content_of_the_same_key_are_not_this_ones() -> None:
    ledger = [read("1-0", 1, etag="e1"), read("1-0", 1, etag="e2")]
    found = ask(ledger, "SELECT etag, rowsshown FROM objects ORDER BY etag", [shown(1), shown(2), shown(3, etag="e2")])
    assert [tuple(row.values()) for row in found] == [("e1", 2), ("e2", 1)]


def test_versions_of_equal_content_do_not_both_have_the_rows() -> None:
    first = at(f"{DAY} 09:00:00")
    ledger = [
        read("1-0", 2, versionid="x"),
        read("1-0", 2, versionid="y", arrived=first),
        taken("1-0", "gone", versionid="z", arrived=at(f"{DAY} 08:00:00")),
    ]
    found = ask(ledger, "SELECT versionid, rowsshown FROM objects ORDER BY versionid", [shown(1), shown(2)])
    assert [tuple(row.values()) for row in found] == [("x", 0), ("y", 2), ("z", 0)]


def test_rows_that_an_earlier_reading_left_are_no_rows_that_are_missing() -> None:
    ledger = [read("1-0", 3), read("2-0", 1, 2, edition=5, why="rebuild")]  # of another day than two of its rows
    found = ask(ledger, "SELECT kept, rowsshown, rowselsewhere FROM objects", [shown(1), shown(2), shown(3)])
    assert [tuple(row.values()) for row in found] == [(1, 3, 0)]


# -- still in quarantine -----------------------------------------------------------------------------------------------


def still_bad(ledger: list[Row], quarantine: list[Row]) -> list[tuple[int, str]]:
    found = ask(ledger, "SELECT sourcerecord, reason FROM quarantined ORDER BY sourcerecord", quarantine=quarantine)
    return [(row["sourcerecord"], row["reason"]) for row in found]


def test_a_bad_record_is_one_however_often_its_object_was_read() -> None:
    ledger = [read(f"{n}-0", 1, quarantined=1) for n in (1, 2, 3)]
    assert still_bad(ledger, [bad(f"cloudtrail/{n}-0", 7) for n in (1, 2, 3)]) == [(7, "no-time")]


def test_a_record_that_a_later_edition_repaired_is_no_longer_there() -> None:
    ledger = [read("1-0", 1, quarantined=2), read("2-0", 2, quarantined=1, edition=1)]
    quarantine = [bad("cloudtrail/1-0", 7), bad("cloudtrail/1-0", 8), bad("cloudtrail/2-0", 8, edition=1)]
    assert still_bad(ledger, quarantine) == [(8, "no-time")]


def test_a_record_that_a_later_reading_of_the_same_edition_kept_is_no_longer_there() -> None:
    ledger = [read("1-0", 1, quarantined=1), read("2-0", 2)]
    assert still_bad(ledger, [bad("cloudtrail/1-0", 7)]) == []


def test_a_conflict_is_one_however_often_it_is_found_and_leaves_with_its_edition() -> None:
    generations = [bad(f"from_cloudtrail_readready/2026-03-02/{n}", 7, "conflict") for n in (1, 2)]
    ledger = [read("1-0", 1), read("2-0", 1)]
    assert still_bad(ledger, generations) == [(7, "conflict")]
    assert still_bad([*ledger, read("3-0", 1, edition=1)], generations) == []


# -- completeness ------------------------------------------------------------------------------------------------------


def test_every_outcome_is_counted_and_the_dropped_are_apart() -> None:
    words = ["ok"] * 5 + ["gone", "undone", "undone", "givenup", "waiting"] + ["dropped"] * 4
    ledger = [
        taken("1-0", word, objectkey=f"k{n}", **({"recordsin": 8, "kept": 5, "filtered": 2, "quarantined": 1, "late": 3}
        if word == "ok" else {})) for n, word in enumerate(words)
    ]  # fmt: skip
    assert ask(ledger, "SELECT * FROM completeness") == [
        {
            "calendarday": DAY,
            "source": "cloudtrail",
            "accountid": "111122223333",
            "awsregion": "eu-west-1",
            "objects": 10,
            "processed": 5,
            "processedpercent": 50.0,
            "waiting": 1,
            "undone": 2,
            "gone": 1,
            "givenup": 1,
            "givenuppercent": 10.0,
            "dropped": 4,
            "records": 40,
            "kept": 25,
            "filtered": 10,
            "quarantined": 5,
            "accountedpercent": 100.0,
            "quarantinedpercent": 12.5,
            "late": 15,
            "latepercent": 60.0,
        }
    ]


def test_each_source_account_region_and_day_is_a_row() -> None:
    ledger = [
        read("1-0", 1, objectkey="a", source="other"),
        read("1-0", 1, objectkey="b", accountid="444455556666"),
        read("1-0", 1, objectkey="c", awsregion="us-east-1"),
        read("1-0", 1, objectkey="d", deliveryday="2026-03-01"),
        read("1-0", 1, objectkey="e"),
        read("2-0", 1, objectkey="f", day="2026-03-09"),  # the plan's day is not the delivery's
    ]
    found = ask(ledger, "SELECT objects FROM completeness ORDER BY objects")
    assert [row["objects"] for row in found] == [1, 1, 1, 1, 2]


def test_nothing_that_arrived_is_no_per_cent_and_no_error() -> None:
    (row,) = ask([taken("1-0", "dropped")], "SELECT * FROM completeness")
    assert (row["objects"], row["dropped"]) == (0, 1)
    assert [row[name] for name in row if name.endswith("percent")] == [None] * 5


@pytest.mark.parametrize(
    ("good", "bad_ones", "good_percent", "bad_percent"),
    [(1, 0, 100.0, 0.0), (2, 1, 66.66, 33.34), (29, 71, 29.0, 71.0), (57, 43, 57.0, 43.0), (29_999, 1, 99.99, 0.01)],
)
def test_what_is_missing_is_never_rounded_away(
    good: int, bad_ones: int, good_percent: float, bad_percent: float
) -> None:
    ledger = [taken("1-0", objectkey=f"g{n}") for n in range(good)]
    ledger += [taken("1-0", "givenup", objectkey=f"b{n}") for n in range(bad_ones)]
    (row,) = ask(ledger, "SELECT * FROM completeness")
    assert (row["processedpercent"], row["givenuppercent"]) == (good_percent, bad_percent)


def test_a_record_that_nobody_accounts_for_is_seen_among_ten_million() -> None:
    (row,) = ask([read("1-0", 4_999_999, 4_999_999, 1, recordsin=10_000_000)], "SELECT * FROM completeness")
    assert row["accountedpercent"] == 99.99
