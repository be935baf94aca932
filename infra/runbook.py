"""`docs/runbook.md`, made from the templates: `python -m infra.runbook` writes it; a test fails when it is stale.

Above every resource stands one comment, `# Breaks: what users lose if this fails. Do: what the person with the pager
does.` What an alarm waits for is read from its properties, so that no sentence can say otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from infra.template import TEMPLATES, load

TARGET = Path(__file__).parents[1] / "docs" / "runbook.md"
HEAD = """# Runbook

Made from the comments and alarms of `infra/templates` by `python -m infra.runbook`; change it there.

An alarm's message names its section here. With `--aws`, a command goes to the lake of the `lake.toml` in the folder
that it runs in; it needs the operator's role ([permissions](permissions.md)). To repeat a run, a command or a
deployment is always safe ([protocol](protocol.md)). What the findings of `loglake doctor` mean: [doctor](doctor.md).
"""
_LOGICAL_ID = re.compile(r"  (\w+):\s*(#.*)?")
_COMMENT = re.compile(r"  # ?(.*)")
_SAYS = re.compile(r"Breaks: (?P<breaks>.+?) Do: (?P<do>.+)")
_OPERATORS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}


class CommentError(ValueError):
    """A resource lacks its comment, or the comment its form. The message names the template and the resource."""


class Entry(NamedTuple):
    """A resource and its comment. kind: as CloudFormation calls it.

    alarm, fires: of an alarm, its name in this page and what it waits for; '' of all others.
    """

    template: str
    resource: str
    kind: str
    breaks: str
    do: str
    alarm: str = ""
    fires: str = ""


def comments(text: str) -> dict[str, str]:
    """The comment right above each resource of a template's text, its lines joined; '' where there is none."""
    found: dict[str, str] = {}
    above: list[str] = []
    inside = False
    for line in text.splitlines():
        if re.match(r"\S", line) and not line.startswith("#"):
            inside = line.startswith("Resources:")
        elif inside and (comment := _COMMENT.fullmatch(line)):
            above.append(comment[1])
            continue
        elif inside and (begins := _LOGICAL_ID.fullmatch(line)):
            found[begins[1]] = " ".join(above)
        above = []
    return found


def entries(path: Path) -> Iterator[Entry]:
    """The template's resources, in its order. Raises CommentError."""
    said = comments(path.read_text(encoding="utf-8"))
    template = load(path)
    for name, resource in template["Resources"].items():
        says = _SAYS.fullmatch(said.get(name, ""))
        if says is None:
            raise CommentError(
                f"{path.name}, {name}: right above it must stand '# Breaks: what users lose if this fails. "
                f"Do: what the person with the pager does.' It says: {said.get(name, '')!r}"
            )
        one = Entry(path.name, name, resource["Type"], says["breaks"], says["do"])
        yield one._replace(**_alarm(path.stem, resource, template.get("Parameters", {})))


def _alarm(template: str, resource: dict[str, Any], parameters: dict[str, Any]) -> dict[str, str]:
    properties = resource.get("Properties", {})
    match resource["Type"]:
        case "AWS::CloudWatch::Alarm":
            return {"alarm": _name(properties["AlarmName"], template), "fires": _condition(properties, parameters)}
        case "AWS::Events::Rule" if "Runbook" in str(properties.get("Description")):
            detail = properties["EventPattern"]["detail"]
            return {
                "alarm": _name(properties["Name"], template),
                "fires": f"a job's run is {', '.join(detail['state'])}",
            }
    return {}


def _name(value: dict[str, str], template: str) -> str:
    """What stands after the prefix that a company gives; of an alarm that has no such name, the template before it."""
    name = value["Fn::Sub"]
    own = name.removeprefix("${RolePrefix}")
    return own if own != name else f"{template}-" + re.sub(r"\$\{\w+\}-?", "", name)


def _condition(properties: dict[str, Any], parameters: dict[str, Any]) -> str:
    if "Metrics" in properties:
        stats = [one["MetricStat"] for one in properties["Metrics"] if "MetricStat" in one]
        says = next(one for one in properties["Metrics"] if "Expression" in one)
        of = ", ".join(dict.fromkeys(f"{one['Stat']} of {one['Metric']['MetricName']}" for one in stats))
        what, period = f"{of}, in {says['Label']},", stats[0]["Period"]
    else:
        what, period = f"{properties['Statistic']} of {properties['MetricName']}", properties["Period"]
    threshold = f"{_OPERATORS[properties['ComparisonOperator']]} {_value(properties['Threshold'], parameters)}"
    every = properties["EvaluationPeriods"]
    of_them = properties.get("DatapointsToAlarm", every)
    number = f"{_value(every, parameters)} times in a row" if of_them == every else f"{of_them} of {every} times"
    times = "" if every == 1 else f", {number}"
    missing = ", or nothing is heard of it" if properties["TreatMissingData"] == "breaching" else ""
    return f"{what} {threshold} over {_duration(period)}{times}{missing}"


def _value(value: Any, parameters: dict[str, Any]) -> str:
    """A number, or the parameter that it is."""
    if isinstance(value, dict):
        return f"`{value['Ref']}` ({parameters[value['Ref']]['Default']})"
    return str(value)


def _duration(seconds: int) -> str:
    for unit, length in (("day", 86400), ("hour", 3600)):
        if seconds % length == 0:
            return f"{seconds // length} {unit}{'s' if seconds > length else ''}"
    return f"{seconds // 60} minutes"


def templates() -> list[Path]:
    """All of them; the alarms' first, because that is what a reader comes for."""
    return sorted(TEMPLATES.glob("*.yaml"), key=lambda path: (path.name != "watch.yaml", path.name))


def render() -> str:
    """The page's text."""
    by_template = {path: list(entries(path)) for path in templates()}
    alarms = [one for every in by_template.values() for one in every if one.alarm]
    parts = [HEAD, "## When an alarm fires\n", "| alarm | when |", "|---|---|"]
    parts += [f"| [{one.alarm}](#{one.alarm}) | {one.fires} |" for one in alarms]
    for one in alarms:
        parts += ["", f"### {one.alarm}", "", f"**When:** {one.fires}.", "", f"**Means:** {_sentence(one.breaks)}", ""]
        parts += [f"**Do:** {_sentence(one.do)}"]
    parts += ["", "## What the lake consists of", "", "What users lose if it fails, and what to do."]
    for path, every in by_template.items():
        described = " ".join(str(load(path).get("Description", "")).split())
        parts += ["", f"### {path.name}", "", described, "", "| resource | what breaks | what to do |", "|---|---|---|"]
        for one in every:
            if not one.alarm:
                parts.append(
                    f"| `{one.resource}` {one.kind.removeprefix('AWS::')} | {_cell(one.breaks)} | {_cell(one.do)} |"
                )
    return "\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return _sentence(text).replace("|", "\\|")


def _sentence(text: str) -> str:
    """With a capital, unless the first word is a name."""
    return text[0].upper() + text[1:] if re.match(r"[a-z']+[ ,;:.]", text) else text


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
