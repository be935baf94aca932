"""Keys are read by a layout, and only by one that they fit."""

import pytest

from lake.layout import LayoutError, Place, check, read

CLOUDTRAIL = "[{prefix}/]AWSLogs/[{organization}/]{accountid}/CloudTrail/{region}/{yyyy}/{mm}/{dd}/{file}"
FIREHOSE = "[{prefix}/]{yyyy}/{mm}/{dd}/{hh}/{file}"


def test_an_accounts_trail_is_read_with_its_leading_zeros() -> None:
    key = "AWSLogs/000011112222/CloudTrail/eu-west-1/2024/03/03/000011112222_CloudTrail_x.json.gz"
    assert read(CLOUDTRAIL, key) == Place(
        "", "000011112222", "eu-west-1", "2024-03-03", "AWSLogs/000011112222/CloudTrail/eu-west-1/2024/03/03/"
    )


def test_an_organization_trail_under_a_prefix_is_read() -> None:
    key = "trails/all/AWSLogs/o-abcd1234/111122223333/CloudTrail/us-gov-west-1/2024/12/31/f.json"
    place = read(CLOUDTRAIL, key)
    assert place is not None
    assert (place.prefix, place.accountid, place.region) == ("trails/all", "111122223333", "us-gov-west-1")
    assert place.folder == "trails/all/AWSLogs/o-abcd1234/111122223333/CloudTrail/us-gov-west-1/2024/12/31/"


@pytest.mark.parametrize(
    "key",
    [
        "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2024/03/03/digest.json.gz",
        "AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/2024/03/03/insight.json.gz",
        "AWSLogs/111122223333/Config/eu-west-1/2024/3/3/ConfigHistory/x.json.gz",
        "AWSLogs/1111222233/CloudTrail/eu-west-1/2024/03/03/ten-digits.json.gz",
        "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/13/03/no-such-month.json.gz",
        "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/03/03/",
        "",
    ],
)
def test_siblings_and_malformed_keys_fit_nothing(key: str) -> None:
    assert read(CLOUDTRAIL, key) is None


def test_a_firehose_objects_partition_is_its_day_not_its_hour() -> None:
    place = read(FIREHOSE, "2024/03/03/22/cloudwatch-logs-otherlogs-3-2024-03-03-22-22-55-55239a3d")
    assert place is not None
    assert (place.day, place.folder) == ("2024-03-03", "2024/03/03/")


@pytest.mark.parametrize(
    ("layout", "why"),
    [
        ("{yyyy}/{mm}/{dd}/", "lacks {file}"),
        ("{yyyy}/{mm}/{file}", "lacks {dd}"),
        ("{year}/{mm}/{dd}/{file}", "{year} is no part"),
        ("{yyyy}/{mm}/{dd}/{yyyy}/{file}", "stands there twice"),
        ("[{prefix}/{yyyy}/{mm}/{dd}/{file}", "never closed"),
        ("{yyyy}/{mm}/{dd}/{file}/x", "must end with {file}"),
        ("logs/{yyyy}/{mm}/{dd}-{file}", "{dd} must be in a folder"),
        ("logs/{yyyy}/{mm}/{dd}[/{hh}]-{file}", "{dd} must be in a folder"),
        ("{yyyy}/{mm}/{dd}]/{file}", "a lone ']'"),
        ("{accountid}/{file}", "lacks {dd}, {mm}, {yyyy}"),
        ("{hh}/{file}", "lacks {dd}, {mm}, {yyyy}"),
    ],
)
def test_a_wrong_layout_is_refused_with_the_reason(layout: str, why: str) -> None:
    with pytest.raises(LayoutError, match=r".*") as error:
        check(layout)
    assert why in str(error.value)


UNDATED = "[{prefix}/]{accountid}/{region}/{file}"


@pytest.mark.parametrize(
    ("layout", "key", "place"),
    [
        (
            UNDATED,
            "111122223333/eu-west-1/a.log",
            Place("", "111122223333", "eu-west-1", "", "111122223333/eu-west-1/"),
        ),
        (
            UNDATED,
            "a/b/111122223333/eu-west-1/c/d.log",
            Place("a/b", "111122223333", "eu-west-1", "", "a/b/111122223333/eu-west-1/"),
        ),
        ("{file}", "a/b.log", Place("", "", "", "", "")),
        ("[{prefix}/]{file}", "a/b/c.log", Place("", "", "", "", "")),
        ("sessions/{file}", "sessions/c.log", Place("", "", "", "", "sessions/")),
    ],
)
def test_an_undated_key_says_all_but_a_day_and_its_folder_is_the_one_of_the_file(
    layout: str, key: str, place: Place
) -> None:
    check(layout, undated=True)
    assert read(layout, key) == place


@pytest.mark.parametrize("layout", [UNDATED, "[{prefix}/]{accountid}/[{region}/]{file}"])
@pytest.mark.parametrize("prefix", ["", "logs/", "a/b/"])
def test_an_account_further_down_the_key_is_never_the_objects(layout: str, prefix: str) -> None:
    """Whoever may write below their own account's number chooses what follows it."""
    place = read(layout, f"{prefix}111122223333/eu-west-1/444455556666/us-east-1/a.log")
    assert place is not None
    assert (place.accountid, place.region) == ("111122223333", "eu-west-1")


@pytest.mark.parametrize(
    ("layout", "key", "day"),
    [
        (FIREHOSE, "2024/03/03/22/2019/01/01/00/f", "2024-03-03"),
        (
            CLOUDTRAIL,
            "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/03/03/AWSLogs/444455556666/CloudTrail/us-east-1/2019/01/01/f",
            "2024-03-03",
        ),
    ],
)
def test_a_key_that_fits_twice_is_read_from_its_beginning(layout: str, key: str, day: str) -> None:
    place = read(layout, key)
    assert place is not None
    assert (place.prefix, place.day, place.accountid) == ("", day, "111122223333" if layout == CLOUDTRAIL else "")


@pytest.mark.parametrize(
    ("layout", "why"),
    [
        ("{yyyy}/{file}", "lacks {dd}, {mm}"),
        ("{hh}/{file}", "lacks {dd}, {mm}, {yyyy}"),
        ("{accountid}/", "lacks {file}"),
        ("{accountid}-{file}", "{file} must be a whole name"),
        ("sessions{file}", "{file} must be a whole name"),
        ("[{prefix}]{file}", "{file} must be a whole name"),
    ],
)
def test_an_undated_layout_is_refused_all_the_same_where_it_is_none(layout: str, why: str) -> None:
    with pytest.raises(LayoutError) as error:
        check(layout, undated=True)
    assert why in str(error.value)
