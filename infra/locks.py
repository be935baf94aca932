"""Whether a deployment's Object Lock goes with lake.toml. CloudFormation cannot compare numbers, so this does."""

from __future__ import annotations

from lake.settings import Settings


def problem(settings: Settings, readready_lock_days: int) -> str:
    """Why the lock of the readready bucket (storage.yaml, ReadreadyLockDays) cannot be, '' if it can.

    The doctor deletes an old generation retention_days after it was condemned, and writes nothing about it any more: a
    lock that lasts longer would keep its versions, paid for and invisible.
    """
    kept = settings.bounds.retention_days
    if readready_lock_days < kept:
        return ""
    return (
        f"ReadreadyLockDays is {readready_lock_days}, but lake.toml deletes old generations after {kept} days "
        f"(bounds.retention_days): lock for {kept - 1} days at most, or keep them longer"
    )
