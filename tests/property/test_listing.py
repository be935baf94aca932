"""A walk over the wanted folders finds what a listing of everything would, and lists little else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.listing import Wanted, objects
from lake import layout
from lake.store import Listed, Page, Store

CLOUDTRAIL = "[{prefix}/]AWSLogs/[{organization}/]{accountid}/CloudTrail/{region}/{yyyy}/{mm}/{dd}/{file}"
FIREHOSE = "[{prefix}/]{yyyy}/{mm}/{dd}/{hh}/{file}"
HIVE = "[{prefix}/]dt={yyyy}-{mm}-{dd}/{file}"
DAY_FIRST = "{yyyy}/{mm}/{dd}/{accountid}/{region}/{file}"
IN_ONE = "logs/{accountid}/{yyyy}{mm}{dd}T/{file}"
EUROPEAN = "{dd}/{mm}/{yyyy}/{accountid}_{file}"
UNDATED = "[{prefix}/]{accountid}/{region}/{file}"
NO_REGION = "[{prefix}/]{accountid}/[{region}/]{file}"
# What a prefix may not hold: the first two folders of what follows it.
NO_PREFIX = {
    CLOUDTRAIL: r"AWSLogs/(o-|\d{12})",
    FIREHOSE: r"\d{4}/(0[1-9]|1[0-2])(/|$)",
    HIVE: r"dt=",
    DAY_FIRST: "^",
    IN_ONE: "^",
    EUROPEAN: "^",
    UNDATED: r"(^|/)\d{12}/[a-z]{2,}(-[a-z0-9]+)+(/|$)",
    NO_REGION: r"(^|/)\d{12}(/|$)",
    "logs/{file}": "^",
    "{file}": "^",
}
ACCOUNTS = ("111122223333", "444455556666")


class Keys(Store):
    """S3's LIST over some keys, `most` a page."""

    def __init__(self, keys: list[str], most: int = 3) -> None:
        super().__init__("us-east-1")
        self.keys, self.most, self.lists = sorted(set(keys), key=str.encode), most, list[str]()

    def pages(self, bucket: str, prefix: str, after: str = "", delimiter: str = "") -> Iterator[Page]:
        del bucket
        found = (key for key in self.keys if key.startswith(prefix) and key.encode() > after.encode())
        names = (
            key[: key.index("/", len(prefix)) + 1] if delimiter and "/" in key[len(prefix) :] else key for key in found
        )
        rest = iter(dict.fromkeys(names))
        whole = set(self.keys)
        while True:
            page = list(islice(rest, self.most))
            self.lists.append(prefix)
            now = datetime(2024, 6, 1, 23, 59, tzinfo=UTC)
            folders = [one for one in page if delimiter and one.endswith("/")]
            yield Page([Listed(one, 1, "e", now) for one in page if one in whole and one not in folders], folders)
            if len(page) < self.most:
                return


WORDS = """AWSLogs CloudTrail CloudTrail-Digest Config o-abcd1234 111122223333 444455556666 000011112222 eu-west-1
us-east-1 2023 2024 2025 04 05 06 13 1 01 02 30 31 22 dt=2024-05-31 dt=2024-06-01 put logs x.y a+b é 20240531T x_ 😀"""
names = st.sampled_from([*WORDS.split(), "", " "])
junk = st.lists(names, min_size=1, max_size=12).map("/".join)
parts = {
    "prefix": st.lists(st.sampled_from(["trail", "all of it", "2024", "", "AWSLogs", "é"]), min_size=1, max_size=3).map(
        "/".join
    ),
    "organization": st.just("o-abcd1234"),
    "accountid": st.sampled_from([*ACCOUNTS, "000011112222"]),
    "region": st.sampled_from(["eu-west-1", "us-gov-west-1"]),
    "yyyy": st.sampled_from(["2023", "2024", "2024", "2025"]),
    "mm": st.sampled_from(["04", "05", "05", "06", "12"]),
    "dd": st.sampled_from(["01", "02", "30", "31"]),
    "hh": st.sampled_from(["00", "22", "23"]),
    "file": st.sampled_from(["f", "g.json.gz", "a/b", "/a", "x/"]),
}


@st.composite
def a_key(draw: st.DrawFn, key_layout: str) -> str:
    if draw(st.integers(0, 3)) == 0:
        return draw(junk)
    tokens = draw(st.sampled_from(layout.variants(key_layout)))
    return "".join(draw(parts[one.part]) if one.part else one.text for one in tokens)


@pytest.mark.parametrize("key_layout", list(NO_PREFIX))
@given(data=st.data())
def test_a_walk_finds_what_a_listing_of_everything_would(key_layout: str, data: st.DataObject) -> None:
    keys = data.draw(st.lists(a_key(key_layout), max_size=30), "keys")
    first, last = sorted(
        data.draw(st.tuples(*[st.sampled_from(["2023-12-30", "2024-05-31", "2024-06-01", "2025-01-02"])] * 2))
    )
    accounts = data.draw(st.sampled_from([(), ACCOUNTS[:1], ACCOUNTS]))
    wanted = Wanted(first, last, accounts)
    keys = [key for key in keys if not _odd_prefix(key_layout, key)]
    places = {key: layout.read(key_layout, key) for key in keys}
    expected = [
        key
        for key, place in places.items()
        if place and first <= (place.day or "2024-06-01") <= last and (not accounts or place.accountid in accounts)
    ]
    found = [one.key for one in objects(Keys(keys), "b", key_layout, wanted)]
    assert sorted(found) == sorted(expected)


def _odd_prefix(key_layout: str, key: str) -> bool:
    place = layout.read(key_layout, key)
    return bool(place and place.prefix and re.search(NO_PREFIX[key_layout], place.prefix))


def test_every_account_and_region_of_a_day_costs_one_list_besides_one_an_account() -> None:
    accounts = [f"{number:012}" for number in range(15)]
    regions = [f"eu-west-{number}" for number in range(17)]
    days = ["2023/05/31", "2024/05/30", "2024/05/31", "2024/06/01", "2024/06/02"]
    keys = [
        f"AWSLogs/{account}/{service}/{region}/{day}/f{number}.json.gz"
        for account, service, region, day, number in product(
            accounts, ("CloudTrail", "CloudTrail-Digest", "Config"), regions, days, range(2)
        )
    ]
    store = Keys(keys, most=1000)
    found = [one.key for one in objects(store, "b", CLOUDTRAIL, Wanted("2024-05-31", "2024-06-01"))]
    assert sorted(found) == sorted(
        key for key in keys if "/CloudTrail/" in key and ("2024/05/31" in key or "2024/06/01" in key)
    )
    assert len(store.lists) == 1 + 1 + len(accounts) + len(accounts) * len(regions)
    assert not [one for one in store.lists if "Digest" in one or "Config" in one or "2023" in one]


def test_what_a_page_holds_behind_the_wanted_days_is_left_to_whoever_looks_there() -> None:
    key = "2024/2024/04/01/00/f"  # of the prefix 2024, on a page with the days of no prefix
    found = objects(Keys([key]), "b", FIREHOSE, Wanted("2023-12-30", "2024-05-31"))
    assert [one.key for one in found] == [key]


def test_an_account_is_gone_to_directly() -> None:
    keys = [f"AWSLogs/{n:012}/CloudTrail/eu-west-1/2024/05/31/f" for n in range(5000)]
    store = Keys(keys, most=1000)
    wanted = Wanted("2024-05-31", "2024-05-31", ("000000000042",))
    assert [
        one.key
        for one in objects(store, "b", "AWSLogs/{accountid}/CloudTrail/{region}/{yyyy}/{mm}/{dd}/{file}", wanted)
    ] == [keys[42]]
    assert len(store.lists) == 2
