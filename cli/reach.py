"""What the operators' commands work on: a lake's settings, its S3, its queue and its catalog, here or in AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError

from cli import home
from cli.athena import Athena
from cli.errors import Failure
from cli.place import PATIENT, Command, Place, in_aws
from jobs.access import Access
from lake import keys, settings
from lake.settings import Settings
from lake.store import Gone, Store


@dataclass(frozen=True, slots=True)
class Reach:
    """A lake within reach. sqs, glue: boto3 clients. local: True for the one on this machine.

    session: the boto3 session that they are of; None where the environment's will do.
    """

    lake: Access
    sqs: Any
    glue: Any
    athena: Athena
    local: bool
    session: Any = None

    @property
    def settings(self) -> Settings:
        """The lake's own lake.toml, as AddAPart and the jobs read it."""
        return self.lake.settings


def reach(place: Place) -> Reach:
    """The lake at that place. Without `aws` this process can from now on reach nothing but this machine."""
    if not place.aws:
        running = home.running()
        return _with(boto3.session.Session(region_name=running.region), home.settings_of(running), "", local=True)
    given = home.settings()
    try:
        session = boto3.session.Session(profile_name=place.profile, region_name=place.region or given.lake.region)
        store = Store(session.region_name, session)
        text = store.get(given.buckets.books, keys.SETTINGS).decode()
    except BotoCoreError as error:
        raise Failure(f"AWS: {error}", "See the profiles that there are: aws configure list-profiles.") from None
    except Gone:
        raise Failure(
            f"there is no s3://{given.buckets.books}/{keys.SETTINGS}: no lake is deployed under this lake.toml"
        ) from None
    name = f"s3://{given.buckets.books}/{keys.SETTINGS}"
    return _with(session, settings.parse(text, name), place.workgroup or "", local=False)


def _with(session: boto3.session.Session, known: Settings, workgroup: str, local: bool) -> Reach:
    region = known.lake.region
    sqs, glue, athena = (session.client(name, region_name=region, config=PATIENT) for name in ("sqs", "glue", "athena"))
    asked = Athena(athena, known.lake.database, workgroup or known.lake.workgroup)
    return Reach(Access(known, Store(region, session)), sqs, glue, asked, local, session)


def reach_options(function: Command) -> Command:
    """--aws and what goes with it; the command gets `at`, a Reach, instead."""
    return in_aws(function, "at", lambda context: (context.obj or {}).get("reach", reach))
