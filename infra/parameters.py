"""The root template's parameters: the lake's own facts from lake.toml, the deployment's from a file of the company's.

The file is what AWS's command line takes as --parameters file://...: a JSON list of
{"ParameterKey": "AlarmEmail", "ParameterValue": "lake@example.com"}.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from infra import glue_modules, resources
from infra.source import NAMED, further, logical
from lake.settings import Settings
from schemas import LOGS


class ParameterError(ValueError):
    """A parameter is wrong. The message says which, and what to do."""


def of_lake(settings: Settings) -> dict[str, str]:
    """What lake.toml says."""
    raw = {job: [one.bucket for one in settings.sources if one.job == job] for job in LOGS}
    raw = {job: list(dict.fromkeys(buckets)) for job, buckets in raw.items()}
    for job in NAMED:
        if not raw[job]:
            raise ParameterError(
                f"lake.toml has no [[sources]] of job {job}: the templates make one raw bucket for each"
            )
    return {
        "Database": settings.lake.database,
        "QueueName": settings.lake.queue,
        "BooksBucket": settings.buckets.books,
        "ReadreadyBucket": settings.buckets.readready,
        "ResultsBucket": settings.buckets.results,
        "CloudTrailRawBucket": raw["cloudtrail"][0],
        "CloudTrailRawBuckets": ",".join(raw["cloudtrail"]),
        "SessionLogsRawBucket": raw["cloudwatch"][0],
        "SessionLogsRawBuckets": ",".join(raw["cloudwatch"]),
        **{f"{logical(logs)}RawBuckets": ",".join(raw[logs.name]) for logs in further()},
        "SourceBuckets": ",".join(resources.raw_buckets(settings)),
        "RawBuckets": ",".join(resources.heard_buckets(settings)),
        "CompletenessPercent": str(settings.thresholds.completeness),
    }


def of_modules() -> dict[str, str]:
    """What Glue has to install for the jobs; a company's file may name wheels in S3 in its place."""
    text = glue_modules.PYPROJECT.read_text(encoding="utf-8")
    return {
        "AdditionalPythonModules": glue_modules.additional(text),
        "QualityPythonModules": glue_modules.additional_quality(text),
    }


def read(text: str, name: str) -> dict[str, str]:
    """A company's parameters, from the text of its file. Raises ParameterError; `name` is the file's."""
    try:
        found = json.loads(text)
        given = {one["ParameterKey"]: one["ParameterValue"] for one in found}
    except (ValueError, TypeError, KeyError) as error:
        form = '[{"ParameterKey": "...", "ParameterValue": "..."}, ...]'
        raise ParameterError(f"{name}: not a parameters file ({error}); it is a JSON list: {form}") from None
    if wrong := [key for key, value in given.items() if not isinstance(value, str)]:
        raise ParameterError(f"{name}: {', '.join(wrong)}: a value is text, in quotes, numbers too")
    if len(given) < len(found):
        raise ParameterError(f"{name}: a parameter is given twice")
    return given


def filled(
    template: Mapping[str, Any], own: Mapping[str, str], given: Mapping[str, str], deployed: Iterable[str]
) -> list[dict[str, Any]]:
    """CloudFormation's Parameters of a change set.

    template: the root. own: what this command fills itself; a company that gives one of these is refused. deployed: the
    parameters of the stack that is there: what is not given stays as it was. Raises ParameterError.
    """
    known = template["Parameters"]
    if twice := sorted(own.keys() & given.keys()):
        raise ParameterError(f"{', '.join(twice)}: filled from lake.toml and from what is deployed; change it there")
    if unknown := sorted(given.keys() - known.keys()):
        raise ParameterError(
            f"{', '.join(unknown)}: no such parameter; there are {', '.join(sorted(known.keys() - own.keys()))}"
        )
    made = [{"ParameterKey": key, "ParameterValue": value} for key, value in sorted({**own, **given}.items())]
    kept = sorted((known.keys() & set(deployed)) - own.keys() - given.keys())
    lacking = sorted(
        key
        for key, one in known.items()
        if "Default" not in one and key not in own and key not in given and key not in kept
    )
    if lacking:
        raise ParameterError(f"{', '.join(lacking)}: has no default; give it in --parameters")
    return made + [{"ParameterKey": key, "UsePreviousValue": True} for key in kept]


def lacking(template: Mapping[str, Any], given: Mapping[str, str], deployed: Mapping[str, str]) -> str:
    """What a parameter of the company's needs beside it and does not have, '' if nothing. The templates' own rules say
    the same, but only once the stack is half made."""
    for name in template["Parameters"]:
        with_it = name.removesuffix("Arn") + "KeyArn" if name.endswith("ReplicaArn") else ""
        if name.endswith("RawMode") and value(template, given, deployed, name) == "sns":
            with_it = name.removesuffix("Mode") + "TopicArn"
        if with_it and value(template, given, deployed, name) and not value(template, given, deployed, with_it):
            return f"{name} is {value(template, given, deployed, name)!r}: it needs {with_it}, too"
    return ""


def value(template: Mapping[str, Any], given: Mapping[str, str], deployed: Mapping[str, str], name: str) -> str:
    """What a parameter of the company's will be: as given, else as it is deployed, else its default."""
    return str(given.get(name, deployed.get(name, template["Parameters"][name].get("Default", ""))))
