"""`loglake owner-policy`: what the owner of a bucket must allow before the lake can take logs from it."""

from __future__ import annotations

import json
import re

import click

from cli import home
from cli.errors import CODES
from infra.owner_policy import MODES, Lake, Text, texts

_ACCOUNT = re.compile(r"\d{12}")


@click.command("owner-policy", epilog=CODES)
@click.argument("bucket")
@click.option("--account", required=True, metavar="ID", help="The lake's account, 12 digits.")
@click.option(
    "--mode", type=click.Choice(MODES), default="sns", show_default=True, help="As raw.yaml's parameter Mode."
)
@click.option("--topic", default="", metavar="ARN", help="The SNS topic to which S3 announces the bucket's objects.")
@click.option("--key", default="", metavar="ARN", help="The KMS key of the bucket's objects, if they have one.")
@click.option("--role-prefix", default="loglake-", show_default=True, help="As the deployment's parameter RolePrefix.")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", help="Default: text.")
def owner_policy(bucket: str, account: str, mode: str, topic: str, key: str, role_prefix: str, form: str) -> None:
    """Print the statements that BUCKET's owner adds to policies, for the lake to read it and to hear of its objects.

    They are added to what is there. Nothing is replaced, the bucket's notification configuration least of all; nothing
    is spoken to: the text is for a person to read and to paste. See docs/bring-your-own-bucket.md.

    \b
      loglake owner-policy aws-controltower-logs-111122223333-eu-central-1 --account 444455556666 \\
          --topic arn:aws:sns:eu-central-1:111122223333:s3-log-archive --key arn:aws:kms:...:key/...
      loglake owner-policy org-trail --account 444455556666 --mode listing
    """
    if not _ACCOUNT.fullmatch(account):
        raise click.BadParameter(f"{account!r} is no account: 12 digits", param_hint="--account")
    if mode == "sns" and not topic:
        raise click.UsageError(
            "--mode sns needs --topic: to which topic does S3 announce? (Without one: --mode listing.)"
        )
    settings = home.settings()
    if bucket not in {one.bucket for one in settings.sources}:
        click.echo(f"lake.toml has no [[sources]] with the bucket {bucket} yet: AddAPart would refuse it.", err=True)
    _tell(texts(Lake(settings, account, role_prefix), bucket, mode, key, topic), form)


def _tell(found: list[Text], form: str) -> None:
    if form == "json":
        click.echo(json.dumps([{"what": one.what, "document": one.document} for one in found], indent=2))
        return
    for number, one in enumerate(found):
        click.echo(("\n" if number else "") + one.what + "\n")
        click.echo(json.dumps(one.document, indent=2))
