"""Which lake is asked: the one on this machine, unless AWS is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import boto3
import click
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from cli import home
from cli.athena import Athena
from cli.errors import Failure
from infra.local.lifecycle import Running

Command = TypeVar("Command", bound=Callable[..., Any])
PATIENT = Config(retries={"mode": "standard", "max_attempts": 8})


@dataclass(frozen=True, slots=True)
class Place:
    """Which lake is asked: the one on this machine, unless AWS is named."""

    aws: bool = False
    profile: str | None = None
    region: str | None = None
    workgroup: str | None = None


def connect(place: Place) -> Athena:
    """Athena at that place. Without `aws` this process can from now on reach nothing but this machine."""
    if not place.aws:
        return connect_local(home.running())
    settings = home.settings()
    try:
        session = boto3.session.Session(profile_name=place.profile, region_name=place.region)
        region = session.region_name or settings.lake.region
        client = session.client("athena", region_name=region, config=PATIENT)
    except BotoCoreError as error:
        raise Failure(f"AWS: {error}", "See the profiles that there are: aws configure list-profiles.") from None
    return Athena(client, settings.lake.database, place.workgroup or settings.lake.workgroup)


def connect_local(lake: Running) -> Athena:
    """Athena of the lake on this machine, which this process must have entered (`home.running`)."""
    client = boto3.client("athena", config=PATIENT)
    known = home.settings_of(lake).lake
    return Athena(client, known.database, known.workgroup)


def place_options(function: Command) -> Command:
    """--aws and what goes with it; the command gets `athena` instead."""
    return in_aws(function, "athena", lambda context: (context.obj or {}).get("connect", connect))


def in_aws(function: Command, name: str, reacher: Callable[[click.Context], Callable[[Place], Any]]) -> Command:
    """The options that say which lake; the command gets, as `name`, what `reacher`'s function makes of them."""

    @click.option("--aws", is_flag=True, help="The lake in AWS. Without this, never anything but this machine.")
    @click.option("--profile", help="With --aws: the AWS profile.")
    @click.option("--region", help="With --aws: the Region. Default: the profile's, then lake.toml's.")
    @click.option("--workgroup", help="With --aws: the Athena workgroup. Default: the lake's.")
    @click.pass_context
    def wrapped(
        context: click.Context,
        /,
        aws: bool,
        profile: str | None,
        region: str | None,
        workgroup: str | None,
        **others: Any,
    ) -> Any:
        if not aws and (profile or region or workgroup):
            raise click.UsageError("--profile, --region and --workgroup say which lake in AWS: they go with --aws.")
        return function(**{name: reacher(context)(Place(aws, profile, region, workgroup))}, **others)

    wrapped.__name__, wrapped.__doc__ = function.__name__, function.__doc__
    wrapped.__click_params__ = wrapped.__click_params__ + getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    return wrapped  # type: ignore[return-value]
