"""What a verification says of digest files, log files and the ledger, against digest files that were made by hand."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from examples.company import RawObject, digests
from examples.company.people import ORGANIZATION
from jobs.access import Access
from jobs.listing import Wanted
from tests.lakes import SETTINGS
from tests.signing import ACCOUNT, BUCKET, REGION, ROOT, Bucket, Lying, Trail, key, log_key, public_keys
from verify import keys, run
from verify.digests import folder_of, named
from verify.findings import FAILED, KINDS, NOTE, UNVERIFIABLE, Finding
from verify.reread import Reader
from verify.run import Verification

DAY = datetime(2024, 5, 31, tzinfo=UTC)
DOCS = Path(__file__).parents[2] / "docs"
Look = Callable[..., list[Finding]]


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def trail(bucket: Bucket) -> Trail:
    """The day's digest files from its beginning on; the test says how they go on."""
    return Trail(bucket, DAY + timedelta(minutes=20))


def whole_day(trail: Trail, *logs: str) -> list[str]:
    """Digest files until none can be missing, the first with these log files."""
    made = [trail.digest(*logs)]
    while trail.end < DAY + timedelta(days=1, hours=2):
        made.append(trail.digest())
    return made


@pytest.fixture
def look(bucket: Bucket) -> Look:
    """All that a verification finds. ledger: its rows; by default it has read every log file as it lies there."""

    def verified(ledger: list[list[str | None]] | None = None, public: str | None = None) -> list[Finding]:
        rows = [booked(one, bucket[one].data) for one in sorted(bucket) if "/CloudTrail/" in one]
        access = Access(SETTINGS, bucket)  # type: ignore[arg-type]  # of a Store, all that a listing asks for
        given = keys.read(public or public_keys(), "keys.json")
        sources = tuple(one for one in SETTINGS.sources if one.job == "cloudtrail")
        verification = Verification(
            access,
            Reader(bucket),
            lambda _: rows if ledger is None else ledger,
            lambda _: given,
            sources,
            Wanted("2024-05-31", "2024-05-31"),
            DAY + timedelta(days=3),
        )
        return list(verification.run())

    return verified


def booked(name: str, data: bytes, outcome: str = "ok", batch: str = "cloudtrail/1-0") -> list[str | None]:
    hashed = hashlib.sha256(data).hexdigest() if outcome == "ok" else None
    return [BUCKET, name, "e", outcome, None, hashed, batch]


def wrong(findings: list[Finding]) -> dict[str, list[str]]:
    """What did not verify, by kind: where."""
    found: dict[str, list[str]] = {}
    for one in findings:
        if one.state in (FAILED, UNVERIFIABLE):
            found.setdefault(one.kind, []).append(one.where.removeprefix(f"s3://{BUCKET}/"))
    return found


def test_a_day_as_cloudtrail_wrote_it_verifies_to_the_last_file(trail: Trail, look: Look) -> None:
    logs = [trail.log("one"), trail.log("two", data=b"")]
    digests = whole_day(trail, *logs)
    found = look()
    assert wrong(found) == {}
    counts = Counter(one.kind for one in found if one.state != NOTE)
    assert counts == {
        "digest-signed": len(digests),
        "chain-linked": len(digests) - 1,
        "log-intact": 2,
        "ledger-same": 2,
    }


def test_a_log_file_that_was_altered_is_named_by_cloudtrails_hash_and_by_the_ledgers(
    trail: Trail, bucket: Bucket, look: Look
) -> None:
    log = trail.log("one")
    whole_day(trail, log)
    ledger = [booked(log, bucket[log].data)]
    bucket[log] = Lying(gzip.compress(b'{"Records":[]}'))
    assert wrong(look(ledger)) == {"log-changed": [log], "ledger-changed": [log]}


def test_a_log_file_packed_anew_is_cloudtrails_and_not_what_the_lake_read(
    trail: Trail, bucket: Bucket, look: Look
) -> None:
    log = trail.log("one")
    whole_day(trail, log)
    ledger = [booked(log, bucket[log].data)]
    bucket[log] = Lying(gzip.compress(gzip.decompress(bucket[log].data), 1, mtime=77))
    assert wrong(look(ledger)) == {"ledger-changed": [log]}


def test_bytes_behind_the_gzip_member_are_not_overlooked(trail: Trail, bucket: Bucket, look: Look) -> None:
    log = trail.log("one")
    whole_day(trail, log)
    bucket[log].data += gzip.compress(b'{"Records":[]}')
    assert wrong(look()) == {"log-appended": [log]}


def test_a_log_file_cut_short_does_not_verify(trail: Trail, bucket: Bucket, look: Look) -> None:
    log = trail.log("one", data=bytes(range(256)) * 50)
    whole_day(trail, log)
    bucket[log].data = bucket[log].data[:-9]
    assert wrong(look()) == {"log-changed": [log]}


def test_a_missing_log_file_is_named_by_its_digest_file_and_by_the_ledger(
    trail: Trail, bucket: Bucket, look: Look
) -> None:
    log = trail.log("one")
    whole_day(trail, log)
    ledger = [booked(log, bucket.pop(log).data)]
    assert wrong(look(ledger)) == {"log-missing": [log], "ledger-gone": [log]}


def test_a_file_that_cloudtrail_never_wrote_is_named(trail: Trail, bucket: Bucket, look: Look) -> None:
    whole_day(trail)
    forged = log_key("forged", DAY + timedelta(hours=7, minutes=5))
    bucket[forged] = Lying(gzip.compress(b'{"Records":[]}'))
    assert wrong(look()) == {"log-undeclared": [forged]}


def test_a_log_file_delivered_twice_counts_once(trail: Trail, look: Look) -> None:
    log = trail.log("one")
    trail.digest(log, log)
    whole_day(trail, log)
    found = look()
    assert wrong(found) == {}
    assert [one.where for one in found if one.kind == "log-intact"] == [f"s3://{BUCKET}/{log}"]


def test_a_log_file_that_two_digest_files_name_with_two_contents_does_not_verify(
    trail: Trail, bucket: Bucket, look: Look
) -> None:
    log = trail.log("one")
    trail.digest(log)
    bucket[log] = Lying(gzip.compress(b'{"Records":[1]}'))
    whole_day(trail, log)
    assert wrong(look()) == {"log-changed": [log]}


def test_what_a_digest_file_of_an_unknown_key_says_does_not_count_against_a_signed_one(
    bucket: Bucket, trail: Trail, look: Look
) -> None:
    log = trail.log("one")
    whole_day(trail, log)
    other = Trail(bucket, DAY + timedelta(minutes=20), signer=key(1), name="other")
    lie = {"s3Bucket": BUCKET, "s3Object": log, "hashValue": "00" * 32, "hashAlgorithm": "SHA-256"}
    other.digest(logFiles=[lie])
    found = look()
    assert set(wrong(found)) == {"digest-without-key", "chain-gap"}
    assert [one.where for one in found if one.kind == "log-intact"] == [f"s3://{BUCKET}/{log}"]


def test_an_altered_digest_file_loses_its_signature_and_the_next_one_tells_of_it(
    trail: Trail, bucket: Bucket, look: Look
) -> None:
    log = trail.log("one")
    first = whole_day(trail, log)[0]
    said = json.loads(gzip.decompress(bucket[first].data))
    bucket[first].data = gzip.compress(json.dumps(said | {"awsAccountId": "444455556666"}).encode())
    assert wrong(look()) == {"digest-forged": [first], "chain-broken": [first], "log-on-trust": [log]}


def test_a_digest_file_signed_by_another_key_under_a_known_fingerprint_is_forged(
    trail: Trail, bucket: Bucket, look: Look
) -> None:
    first = whole_day(trail)[0]
    metadata = bucket[first].metadata
    metadata["signature"] = f"{int(metadata['signature'], 16) ^ 1:0256x}"
    assert wrong(look()) == {"digest-forged": [first], "chain-broken": [first]}


@pytest.mark.parametrize("signature", ["", "zz", "00", "ff" * 128])
def test_a_signature_that_is_none_is_no_signature(trail: Trail, bucket: Bucket, look: Look, signature: str) -> None:
    first = whole_day(trail)[0]
    bucket[first].metadata["signature"] = signature
    assert wrong(look())["digest-forged"] == [first]


def test_without_its_public_key_nothing_is_said_to_be_signed(trail: Trail, look: Look) -> None:
    log = trail.log("one")
    digests = whole_day(trail, log)
    found = wrong(look(public=public_keys(key(1))))
    assert found == {"digest-without-key": digests, "log-on-trust": [log]}


def test_each_region_has_its_own_key(trail: Trail, look: Look) -> None:
    whole_day(trail)
    assert wrong(look(public=public_keys(key(1), key()))) == {}


def test_a_digest_file_taken_away_is_told_by_the_next_with_the_hours_that_it_leaves(
    trail: Trail, bucket: Bucket, look: Look
) -> None:
    digests = whole_day(trail)
    del bucket[digests[4]]
    found = look()
    assert set(wrong(found)) == {"digest-missing", "chain-gap"}
    assert wrong(found)["digest-missing"] == [digests[4]]
    (gap,) = (one for one in found if one.kind == "chain-gap")
    assert gap.what.startswith("2024-05-31 03:20:00 to 04:20:00 (1 h): ")


def test_of_several_digest_files_taken_away_all_hours_are_told(trail: Trail, bucket: Bucket, look: Look) -> None:
    digests = whole_day(trail)
    for one in digests[4:9]:
        del bucket[one]
    found = look()
    assert wrong(found)["digest-missing"] == [digests[8]]
    (gap,) = (one for one in found if one.kind == "chain-gap")
    assert "03:20:00 to 08:20:00 (5 h)" in gap.what


def test_log_files_of_hours_without_digest_files_are_neither_right_nor_wrong(
    trail: Trail, bucket: Bucket, look: Look
) -> None:
    digests = whole_day(trail)
    del bucket[digests[4]]
    log = trail.log("lonely", DAY + timedelta(hours=4))
    assert wrong(look())["log-uncovered"] == [log]


def test_the_newest_digest_files_taken_away_leave_a_gap_to_the_end_of_the_day(
    trail: Trail, bucket: Bucket, look: Look
) -> None:
    for one in whole_day(trail)[20:]:
        del bucket[one]
    found = look()
    assert set(wrong(found)) == {"chain-gap"}
    (gap,) = (one for one in found if one.kind == "chain-gap")
    assert gap.what.startswith("2024-05-31 19:20:00 to 2024-06-01 00:00:00 (4.7 h): no later one was found")


def test_validation_switched_off_and_on_again_is_a_gap_and_no_forgery(trail: Trail, look: Look) -> None:
    trail.digest()
    trail.end, trail.before = DAY + timedelta(hours=9), None
    whole_day(trail)
    found = look()
    assert set(wrong(found)) == {"chain-gap"}
    (gap,) = (one for one in found if one.kind == "chain-gap")
    assert gap.what == (
        "2024-05-31 00:20:00 to 08:00:00 (7.7 h): the next one begins a new chain: logging or validation was off"
    )


def test_a_chain_that_begins_on_the_day_leaves_the_hours_before_it(trail: Trail, look: Look) -> None:
    trail.end = DAY + timedelta(hours=5)
    whole_day(trail)
    (gap,) = (one for one in look() if one.kind == "chain-gap")
    assert gap.what.startswith("2024-05-31 00:00:00 to 04:00:00 (4 h)")


def test_the_digest_file_of_the_evening_before_is_asked_for_its_hash(trail: Trail, bucket: Bucket, look: Look) -> None:
    trail.end = DAY - timedelta(minutes=40)
    evening = trail.digest()
    whole_day(trail)
    assert wrong(look()) == {}
    del bucket[evening]
    assert wrong(look()) == {"digest-missing": [evening]}


def test_a_backfill_digest_file_speaks_for_the_log_files_that_the_hours_own_left_out(
    trail: Trail, bucket: Bucket, look: Look
) -> None:
    log = trail.log("late")
    trail.before = None
    backfill = trail.digest(log, suffix="_backfill")
    bucket[backfill].metadata["backfill-generation-timestamp"] = "2024-06-02T00:00:00Z"
    whole_day(trail)
    assert wrong(look()) == {}
    del bucket[backfill].metadata["backfill-generation-timestamp"]
    assert wrong(look()) == {"digest-unreadable": [backfill], "log-undeclared": [log]}


def test_a_digest_file_that_was_moved_speaks_for_nothing(trail: Trail, bucket: Bucket, look: Look) -> None:
    first, second = whole_day(trail)[:2]
    elsewhere = first.replace("_t_", "_u_")
    bucket[elsewhere] = bucket[first]
    assert wrong(look()) == {"digest-moved": [elsewhere]}
    assert second != first


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"null", gzip.compress(b'{"digestEndTime":'), gzip.compress(b"{}")[:-9], gzip.compress(b"[]")]
)
def test_what_is_no_digest_file_is_named_and_stops_nothing(
    trail: Trail, bucket: Bucket, look: Look, data: bytes
) -> None:
    log = trail.log("one")
    digests = whole_day(trail, log)
    bucket[digests[9]].data = data
    assert set(wrong(look())) == {"digest-unreadable", "chain-gap"}


def test_an_algorithm_that_is_not_known_is_not_taken_for_the_known_one(trail: Trail, look: Look) -> None:
    odd = trail.digest(digestSignatureAlgorithm="SHA1withRSA")
    whole_day(trail)
    assert wrong(look())["digest-unreadable"] == [odd]


def test_two_trails_of_one_bucket_have_a_chain_each_and_share_their_log_files(
    bucket: Bucket, trail: Trail, look: Look
) -> None:
    mine, other = trail.log("mine"), trail.log("other")
    whole_day(trail, mine)
    second = Trail(bucket, DAY + timedelta(minutes=20), name="second_trail")
    whole_day(second, other)
    assert wrong(look()) == {}


def test_without_digest_files_nothing_is_a_success(trail: Trail, look: Look) -> None:
    log = trail.log("one")
    found = wrong(look())
    assert found == {"no-digests": [f"{ROOT}CloudTrail-Digest/{REGION}/"], "log-uncovered": [log]}


def test_log_files_that_digest_files_of_another_folder_name_need_none_of_their_own(
    trail: Trail, bucket: Bucket, look: Look
) -> None:
    elsewhere = log_key("one", DAY + timedelta(hours=1)).replace("eu-west-1", "eu-west-2")
    bucket[elsewhere] = Lying(gzip.compress(b'{"Records":[]}'))
    whole_day(trail, elsewhere)
    assert wrong(look()) == {}


def test_what_aws_signs_nothing_for_is_said_and_compared_with_the_ledger(bucket: Bucket, look: Look) -> None:
    bucket["put/2024/05/31/by-hand.json"] = Lying(b'{"Records":[]}')
    by_hand = [booked("put/2024/05/31/by-hand.json", b'{"Records":[]}')]
    kinds = Counter(one.kind for one in look(by_hand) if not one.kind.startswith("lock"))
    assert kinds == {"log-never-signed": 1, "ledger-same": 1}


def test_the_ledger_goes_by_what_was_read_last(trail: Trail, bucket: Bucket, look: Look) -> None:
    log = trail.log("one")
    whole_day(trail, log)
    now = bucket[log].data
    earlier = booked(log, b"earlier", batch="cloudtrail/9-1")
    assert wrong(look([booked(log, now, batch="cloudtrail/10-0"), earlier])) == {}
    assert wrong(look([earlier, booked(log, b"later", batch="cloudtrail/10-0")])) == {"ledger-changed": [log]}
    refused = booked(log, now, outcome="undone", batch="cloudtrail/11-0")
    assert wrong(look([booked(log, now), refused])) == {}


@pytest.mark.parametrize("outcome", ["waiting", "undone", "givenup"])
def test_what_the_lake_has_not_read_has_no_hash_and_is_no_success(
    trail: Trail, bucket: Bucket, look: Look, outcome: str
) -> None:
    log = trail.log("one")
    whole_day(trail, log)
    assert wrong(look([booked(log, bucket[log].data, outcome)])) == {"ledger-without-hash": [log]}
    assert wrong(look([])) == {"ledger-unknown": [log]}


def test_what_a_control_dropped_is_nothing_that_the_lake_vouches_for(trail: Trail, look: Look) -> None:
    log = trail.log("one")
    whole_day(trail, log)
    elsewhere = f"{ROOT}Config/eu-west-1/2024/5/31/dropped-and-expired.json.gz"
    found = look([booked(log, b"", "dropped"), booked(elsewhere, b"", "dropped")])
    assert wrong(found) == {}
    assert [one.kind for one in found if one.where.endswith(log)] == ["log-intact", "ledger-dropped"]


def test_what_s3_refuses_is_not_verified(trail: Trail, bucket: Bucket, look: Look) -> None:
    log = trail.log("one")
    digests = whole_day(trail, log)
    bucket.refused = {log, digests[5]}
    found = wrong(look())
    assert set(found) == {"log-not-read", "ledger-not-read", "digest-not-read", "chain-gap"}
    assert (found["log-not-read"], found["digest-not-read"]) == ([log], [digests[5]])


def test_locks_are_told_as_the_objects_have_them(trail: Trail, bucket: Bucket, look: Look) -> None:
    until = DAY + timedelta(days=400)
    for name in "ab":
        bucket[trail.log(name)].lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        until -= timedelta(days=1)
    bucket[trail.log("c")].lock = {"ObjectLockLegalHoldStatus": "ON"}
    bucket.lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 365}}}
    said = {one.where: (one.kind, one.what) for one in look() if one.kind.startswith("lock")}
    assert said[f"s3://{BUCKET}"] == ("lock-on", "on: new objects are locked for 365 days (GOVERNANCE)")
    assert said[f"s3://{BUCKET}/*"] == (
        "lock-off",
        "2 of 3 objects read say that they are locked, the first until 2025-07-04 00:00; 1 under legal hold",
    )
    assert said["s3://loglake-books"][0] == "lock-off"


def test_more_than_can_be_held_is_refused_before_anything_is_looked_at(
    trail: Trail, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_day(trail, trail.log("one"))
    monkeypatch.setattr(run, "MOST", 20)
    with pytest.raises(run.TooMuch, match="more than 20 objects or digest files"):
        look()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"PublicKeyList":[{"Fingerprint":"a","Value":"!"}]}'])
def test_a_file_that_holds_no_public_keys_is_refused_by_name(text: str) -> None:
    with pytest.raises(keys.KeysError, match=r"^given\.json: not the JSON of aws cloudtrail list-public-keys"):
        keys.read(text, "given.json")


def test_the_page_for_auditors_explains_every_kind_and_no_other() -> None:
    lines = (DOCS / "verify.md").read_text().splitlines()
    explained = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert explained == list(KINDS)


@pytest.mark.parametrize("before", ["", "prefix/", "a/b/", "AWSLogs/"])
@pytest.mark.parametrize("organization", ["", "o-exampleorg1/"])
@pytest.mark.parametrize("trail", ["t", "my_trail_us-east-1", "a-b_c.d"])
def test_a_digest_files_key_is_read_wherever_cloudtrail_may_put_it(before: str, organization: str, trail: str) -> None:
    root = f"{before}AWSLogs/{organization}111122223333/"
    key = (
        f"{root}CloudTrail-Digest/eu-west-1/2024/05/31/"
        f"111122223333_CloudTrail-Digest_eu-west-1_{trail}_us-east-1_20240531T102030Z.json.gz"
    )
    found = named("b", key)
    assert found is not None
    assert found.end == datetime(2024, 5, 31, 10, 20, 30, tzinfo=UTC)
    assert found.chain == ("b", root, "111122223333", "eu-west-1", trail, "us-east-1", False)
    assert found.chain.folder == folder_of("b", key.replace("-Digest", ""))
    backfill = named("b", key.replace("Z.json", "Z_backfill.json"))
    assert backfill is not None
    assert backfill.chain == found.chain._replace(backfill=True)


@pytest.mark.parametrize(
    "key",
    [
        "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2024/05/31/other.json.gz",
        "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/05/31/111122223333_CloudTrail_eu-west-1_20240531T1020Z_x.json.gz",
        "put/2024/05/31/digest.json.gz",
    ],
)
def test_what_is_no_digest_files_key_is_none(key: str) -> None:
    assert named("b", key) is None


def test_the_sample_companys_digest_files_verify(bucket: Bucket, look: Look) -> None:
    logs = []
    for name, at in (("one", DAY + timedelta(hours=1)), ("two", DAY + timedelta(hours=23, minutes=59))):
        key = log_key(name, at).replace("AWSLogs/", f"AWSLogs/{ORGANIZATION}/")
        data = gzip.compress(b'{"Records":[{"eventTime":"2024-05-31T01:00:00Z"}]}')
        logs.append(RawObject("cloudtrail", key, data, at))
    signer = digests.Signer()
    place = digests.busiest(logs)
    assert place == (ACCOUNT, REGION)
    for one in [*logs, *digests.digests(logs, BUCKET, place, DAY.date(), 1, signer)]:
        bucket[one.key] = Lying(one.data, dict(one.metadata))
    found = look(public=signer.public_keys())
    assert wrong(found) == {}
    assert sum(one.kind == "log-intact" for one in found) == 2
