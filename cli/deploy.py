"""`loglake deploy`: the lake's stack in AWS, made or changed, and what would change shown before."""

from __future__ import annotations

from pathlib import Path

import click
from botocore.exceptions import BotoCoreError, ClientError

from cli import home, show
from cli.deploying import Deployment, Wish, loaded
from cli.errors import CODES, Failure
from infra import parameters
from infra.artefacts import ROOT_TEMPLATE, ArtefactError
from infra.cloud import Account, account
from infra.deployment import DeploymentError, Event, Failed
from infra.parameters import ParameterError
from infra.runbook import entries
from infra.template import TEMPLATES
from lake.settings import Settings


@click.command(epilog=CODES)
@click.option("--aws", is_flag=True, help="In AWS. Needed: this command speaks to nothing else.")
@click.option("--profile", help="The AWS profile.")
@click.option("--region", help="The Region. It must be lake.toml's.")
@click.option("--stack", default="loglake", show_default=True, help="The stack's name.")
@click.option(
    "--parameters",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The deployment's own parameters: AWS's JSON list of ParameterKey and ParameterValue. Those that are not in "
    "it stay as they were deployed, or have their defaults.",
)
@click.option("--role-arn", default="", help="The role that CloudFormation works by. Default: who calls.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@show.option
def deploy(
    aws: bool,
    profile: str | None,
    region: str | None,
    stack: str,
    file: Path | None,
    role_arn: str,
    dry_run: bool,
    yes: bool,
    form: str,
) -> None:
    """Make the lake in AWS, or change it to what is here: shows what would change, asks, does it, waits.

    The lake's own facts (buckets, database, queue, Region) come from lake.toml, everything else from --parameters; the
    templates are in infra/templates, each parameter is explained in docs/deploy.md. Code and templates are uploaded to
    a bucket of their own, <books>-artefacts unless the parameter ArtefactsBucket names one, under names that their
    content makes. At the end lake.toml is put where AddAPart and the jobs read it.

    \b
      loglake deploy --aws --dry-run                           what would change; nothing is changed
      loglake deploy --aws --profile lake --parameters p.json  shows, asks, does
      loglake deploy --aws --yes                               for a pipeline
      loglake deploy --aws --dry-run --format json | jq 'select(.replaced == "yes")'

    A change that would replace or remove a bucket, a key or the database is refused. To repeat a deployment is safe;
    a failed one is rolled back by CloudFormation, and the code that ran before is still in the bucket. --dry-run
    uploads code and templates too (nobody reads them yet), makes a change set and deletes it.
    """
    if not aws:
        raise click.UsageError("deploy speaks to AWS: say so with --aws. (The lake on this machine: loglake up.)")
    settings = home.settings()
    try:
        given = parameters.read(file.read_text(encoding="utf-8"), str(file)) if file else {}
        there = _account(settings, profile, region)
        Deployment(there, settings, Wish(stack, given, role_arn, form, dry_run, yes)).run()
    except (ParameterError, ArtefactError) as error:
        raise Failure(str(error), "Nothing is changed.") from None
    except Failed as error:
        raise Failure(str(error), _what_to_do(error.first)) from None
    except DeploymentError as error:
        raise Failure(str(error), error.hint) from None
    except (BotoCoreError, ClientError) as error:
        raise Failure(f"AWS: {error}", "Nothing is half done: to deploy again is safe.") from None


def _account(settings: Settings, profile: str | None, region: str | None) -> Account:
    """Who calls, and where. Says it, for it is the one thing that must not be wrong."""
    if region and region != settings.lake.region:
        where = f"--region {region}, but lake.toml's is {settings.lake.region}"
        raise Failure(where, "[lake] region says where the lake is.")
    found = account(profile, settings.lake.region)
    click.echo(f"Account {found.number}, Region {found.region}, as {found.caller}", err=True)
    return found


def _what_to_do(first: Event | None) -> str:
    """The runbook's line on the resource that failed first."""
    root = loaded(ROOT_TEMPLATE)
    file = ROOT_TEMPLATE
    if first and first.stack in root["Resources"]:
        file = root["Resources"][first.stack]["Properties"]["TemplateURL"].removeprefix("./")
    for one in entries(TEMPLATES / file) if first else ():
        if first and one.resource == first.resource:
            return f"{one.do}\n(docs/runbook.md, {file})"
    return "The stack's events tell the rest; docs/runbook.md says what each resource is for."
