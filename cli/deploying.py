"""One run of `loglake deploy`: the lake's stacks, each changed by a change set that is shown before it is executed."""

from __future__ import annotations

import difflib
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import click

from cli import home, show
from cli.athena import Answer, Column
from cli.errors import STOPPED, Failure
from cli.safe import safe
from infra import artefacts, changes, deployment, locks, parameters, source
from infra.artefacts import ROOT_TEMPLATE, Artefact
from infra.changes import Change
from infra.cloud import Account
from infra.deployment import DeploymentError, Event, Stack
from infra.parameters import ParameterError
from infra.template import TEMPLATES, load
from lake import keys
from lake.settings import Settings

BUCKET_TEMPLATE = "artefacts.yaml"
KEYS_TEMPLATE = "keys.yaml"
RAW = ("CloudTrailRaw", "SessionLogsRaw")
LAST = "Jobs"  # of the nested stacks
PREFIX = "loglake/"
_COLUMNS = [Column(name, "varchar") for name in ("action", "replaced", "stack", "resource", "type", "because")]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command was asked for. given: the company's parameters; role: CloudFormation's, '' for the caller's."""

    stack: str
    given: dict[str, str]
    role: str
    form: str
    dry: bool
    yes: bool


class Deployment:
    """One run of the command."""

    def __init__(self, there: Account, settings: Settings, wish: Wish) -> None:
        self._there, self._settings, self._wish = there, settings, wish
        self._client = there.client("cloudformation")

    def run(self) -> None:
        """Both stacks and the settings."""
        wish, found = self._wish, deployment.stack(self._client, self._wish.stack)
        deployment.ready(found, wish.stack)
        before = self._there.text(self._settings.buckets.books, keys.SETTINGS) if found else None
        difference = settings_change(before, self._settings)
        for one in idle(self._there, self._settings):
            click.echo(one, err=True)
        self._filled(found, "", dict.fromkeys(_key_arns(), ""))  # what is wrong is said before anything is made
        bucket = self._artefacts_bucket(found)
        arns = self._keys(found) if bucket else None
        if bucket is None or arns is None:
            click.echo("The lake's own changes can be shown once its bucket for code and its keys are there.", err=True)
            return
        request = self._request(found, bucket, arns)
        if difference:
            click.echo(f"lake.toml changes:\n{difference}")
        changed = self._change(wish.stack, found, request)
        if wish.dry or (not changed and before == self._settings.text):
            return
        if not changed and difference and not wish.yes:
            click.confirm("Put this lake.toml where the lake reads it?", abort=True, err=True)
        self._put_settings()

    def _request(self, found: Stack | None, bucket: str, arns: dict[str, str]) -> dict[str, Any]:
        """CreateChangeSet's, with everything uploaded that it names."""
        code, templates = self._code(found), self._templates(found, bucket)
        self._there.upload(bucket, self._prefix(found), [*code.values(), *templates.values()])
        url = self._there.url(bucket) + templates[ROOT_TEMPLATE].key
        return {"TemplateURL": url, "Parameters": self._filled(found, bucket, arns)} | self._by_role()

    def _prefix(self, found: Stack | None) -> str:
        deployed = found.parameters if found else {}
        return self._wish.given.get("ArtefactsPrefix") or deployed.get("ArtefactsPrefix") or PREFIX

    def _code(self, found: Stack | None) -> dict[str, Artefact]:
        return artefacts.code(self._prefix(found))

    def _templates(self, found: Stack | None, bucket: str) -> dict[str, Artefact]:
        return artefacts.templates(self._prefix(found), self._settings, self._there.url(bucket))

    def _filled(self, found: Stack | None, bucket: str, arns: dict[str, str]) -> list[dict[str, Any]]:
        """The root's parameters. arns: of the keys, by parameter. Raises ParameterError."""
        root, of_keys = loaded(ROOT_TEMPLATE), loaded(KEYS_TEMPLATE)["Parameters"]
        deployed = found.parameters if found else {}
        given = {k: v for k, v in self._wish.given.items() if k not in of_keys or k in root["Parameters"]}
        own = parameters.of_lake(self._settings) | {name: one.key for name, one in self._code(found).items()} | arns
        logs = f"{self._settings.buckets.books}-access-logs"
        usual = {"ArtefactsBucket": bucket, "AccessLogsBucket": deployed.get("AccessLogsBucket", logs)}
        usual["ArtefactsPrefix"] = self._prefix(found)
        for name, modules in parameters.of_modules().items():
            if name not in given and "s3://" in (own_wheels := deployed.get(name, "")):
                why = f"give it again with this version's modules ({modules}), or PyPI's would take its place"
                raise ParameterError(f"{name} is deployed as {own_wheels!r}: {why}")
        filled = parameters.filled(root, own, parameters.of_modules() | usual | given, deployed)
        if why := parameters.lacking(root, given, deployed):
            raise ParameterError(why)
        locked = parameters.value(root, given, deployed, "LockMode") != "NONE"
        days = int(parameters.value(root, given, deployed, "ReadreadyLockDays"))
        if locked and (why := locks.problem(self._settings, days)):
            raise ParameterError(why)
        return filled

    def _keys(self, found: Stack | None) -> dict[str, str] | None:
        """The keys' ARNs, by the root's parameter; None if they are not there yet and shall not be made. They have a
        stack of their own: what the root is fed must be known when a change set is made (infra.names)."""
        name, template = f"{self._wish.stack}-keys", loaded(KEYS_TEMPLATE)
        there = deployment.stack(self._client, name)
        deployment.ready(there, name)
        root, deployed = loaded(ROOT_TEMPLATE), found.parameters if found else {}
        of_root = partial(parameters.value, root, self._wish.given, deployed)
        topics = [of_root(f"{raw}TopicArn") for raw in RAW if of_root(f"{raw}Mode") == "sns"]
        topics.append(of_root("MoreTopicArns"))
        given = {key: value for key, value in self._wish.given.items() if key in template["Parameters"]}
        own = {"TopicArns": ",".join(filter(None, topics))}
        filled = parameters.filled(template, own, given, there.parameters if there else {})
        body = (TEMPLATES / KEYS_TEMPLATE).read_text(encoding="utf-8")
        self._change(name, there, {"TemplateBody": body, "Parameters": filled} | self._by_role())
        made = deployment.stack(self._client, name)
        if made and (lacking := [arn for arn in _key_arns() if arn not in made.outputs]):
            raise DeploymentError(f"stack {name} tells no {', '.join(lacking)}", "Deploy without --dry-run.")
        return {arn: made.outputs[arn] for arn in _key_arns()} if made else None

    def _by_role(self) -> dict[str, str]:
        return {"RoleARN": self._wish.role} if self._wish.role else {}

    def _artefacts_bucket(self, found: Stack | None) -> str | None:
        """The bucket for code, made first if there is none; None if it is not there yet and shall not be made."""
        own = f"{self._settings.buckets.books}-artefacts"
        named = self._wish.given.get("ArtefactsBucket") or (found.parameters.get("ArtefactsBucket") if found else None)
        if named not in (None, own):
            return named
        name = f"{self._wish.stack}-artefacts"
        there = deployment.stack(self._client, name)
        deployment.ready(there, name)
        body = (TEMPLATES / BUCKET_TEMPLATE).read_text(encoding="utf-8")
        bucket = {"ParameterKey": "ArtefactsBucket", "ParameterValue": own}
        self._change(name, there, {"TemplateBody": body, "Parameters": [bucket]} | self._by_role())
        return None if self._wish.dry and there is None else own

    def _change(self, name: str, found: Stack | None, request: dict[str, Any]) -> bool:
        """Shows, asks, does. False if there is nothing to change, or it shall only be shown."""
        click.echo(f"Stack {name}: asking CloudFormation what would change ...", err=True)
        proposed = deployment.propose(self._client, name, found is None, request)
        every = [] if proposed.empty else list(changes.changes(self._client, proposed.arn))
        if not every:
            if not proposed.empty:  # nested stacks are looked at, and nothing in them changes
                deployment.withdraw(self._client, name, proposed)
            click.echo(f"Stack {name}: nothing to change.", err=True)
            return False
        try:
            show.show(Answer(_COLUMNS, (_row(name, one) for one in every)), self._wish.form)
            self._refuse(every)
            click.echo(summary(name, every), err=True)
            if not self._wish.dry and not self._wish.yes:
                click.confirm("Make these changes?", abort=True, err=True)
        except BaseException:
            deployment.withdraw(self._client, name, proposed)
            raise
        if self._wish.dry:
            deployment.withdraw(self._client, name, proposed)
            click.echo("Nothing is changed: --dry-run.", err=True)
            return False
        self._execute(name, proposed)
        return True

    def _refuse(self, every: Iterable[Change]) -> None:
        root = loaded(ROOT_TEMPLATE)
        children = {path.name: loaded(path.name) for path in TEMPLATES.glob("*.yaml")}
        refused = changes.refused(every, changes.holding_evidence(children, root))
        if refused:
            lines = [
                f"  {_place(one)}: {'replaced' if one.replaced == 'yes' else 'removed'}: {why}" for one, why in refused
            ]
            hint = "Nothing is changed. How buckets are renamed and a lake is taken down by hand: docs/deploy.md."
            raise Failure("this deployment would lose evidence:\n" + "\n".join(lines), hint)

    def _execute(self, name: str, proposed: deployment.ChangeSet) -> None:
        started = time.monotonic()
        try:
            for event in deployment.execute(self._client, name, proposed):
                if event.failed or event.status.endswith("_COMPLETE"):
                    click.echo(f"{time.monotonic() - started:6.0f} s  {_happened(event)}", err=True)
                if proposed.creates and _jobs_begin(event):
                    self._put_settings()
        except KeyboardInterrupt:
            what = f"CloudFormation goes on with stack {name}; loglake deploy --aws says how it ended."
            raise Failure("stopped watching", what, STOPPED) from None

    def _put_settings(self) -> None:
        books = self._settings.buckets.books
        self._there.put(books, keys.SETTINGS, self._settings.text.encode())
        click.echo(f"lake.toml is at s3://{books}/{keys.SETTINGS}", err=True)


def _jobs_begin(event: Event) -> bool:
    """Whether the last of the nested stacks begins to be made. Its schedules start jobs, which read lake.toml. Not
    earlier: the object is locked, and what failed before could not be taken away again with it in the bucket."""
    return (event.stack, event.resource, event.status) == ("", LAST, "CREATE_IN_PROGRESS") and bool(event.physical)


@cache
def loaded(file: str) -> dict[str, Any]:
    """A template of infra/templates."""
    return load(TEMPLATES / file)


def _key_arns() -> list[str]:
    return list(loaded(KEYS_TEMPLATE)["Outputs"])


def idle(there: Account, settings: Settings) -> list[str]:
    """What to say of the kinds of logs that have a job of their own, and none of whose buckets there is."""
    found = []
    for logs in source.further():
        buckets = sorted({one.bucket for one in settings.sources if one.job == logs.name})
        if buckets and not any(there.has(one) for one in buckets):
            found.append(
                f"lake.toml names {', '.join(buckets)} for {logs.title}, and there is no such bucket. Its job runs, "
                "and is billed, all the same: make the bucket, or take its [[sources]] out of lake.toml."
            )
    return found


def settings_change(before: str | None, settings: Settings) -> str:
    """The difference between the deployed lake.toml and this one, '' for none. Raises Failure where an account's
    removal would be taken back."""
    if before is None:
        return ""
    deployed = {one.account for one in home.parse(before, keys.SETTINGS).removals}
    if lost := sorted(deployed - {one.account for one in settings.removals}):
        raise Failure(
            f"lake.toml lacks [[removals]] that the deployed one has: {', '.join(lost)}; their rows would come back",
            "Add what loglake remove printed, or take it from the deployed file, and deploy again.",
        )
    lines = difflib.unified_diff(
        before.splitlines(), settings.text.splitlines(), "deployed", "lake.toml", "", "", 1, ""
    )
    return "\n".join(safe(line) for line in lines)


def summary(name: str, every: list[Change]) -> str:
    """How much of what, in a line."""
    counts = Counter(one.action for one in every)
    replaced = sum(one.replaced == "yes" for one in every)
    parts = [f"{counts[action]} to {action}" for action in ("add", "modify", "remove", "import") if counts[action]]
    return f"Stack {name}: {', '.join(parts) or 'nothing'}" + (f"; {replaced} of them replaced" if replaced else "")


def _row(name: str, one: Change) -> list[str | None]:
    return [one.action, one.replaced, one.stack or name, one.resource, one.kind, one.because]


def _place(one: Change | Event) -> str:
    return f"{one.stack}.{one.resource}" if one.stack else one.resource


def _happened(event: Event) -> str:
    what = f"{_place(event)} {event.status.lower().replace('_', ' ')}"
    return f"{what}: {event.reason}" if event.failed else what
