"""`infra/templates/grants-people.yaml`: which tables and views people read by Lake Formation, without which columns.

`python -m infra.grants` writes it. Table by table, not all at once: a grant of all tables would open the columns that
a declaration calls sensitive to everybody who may ask. Those are for one role, the parameter SensitiveReaderArn.

The same of other accounts: share.yaml and consumer.yaml have, between two marks, the grants of the tables that they do
not name themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from infra.catalog import logical_id
from infra.template import TEMPLATES, dump, parse, with_comments
from infra.views import FOLDER
from schemas import TABLES

PATH = TEMPLATES / "grants-people.yaml"
HEADER = "# Made by `python -m infra.grants` of schemas/ and sql/views: change those, not this.\n"
PEOPLE = {"Auditor": "auditors'", "Operator": "operators'", "Exporter": "exporter's"}
_READER = "SensitiveReader"
_GRANT = "AWS::LakeFormation::PrincipalPermissions"
_BEGIN = "  # -- made by `python -m infra.grants`, up to the next mark --\n\n"
_END = "  # -- made up to here --\n"


def text() -> str:
    """The whole file."""
    head = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Log Lake: what people read by Lake Formation, where it is deployed with LakeFormation: yes.",
        "Parameters": {
            "Database": {
                "Type": "String",
                "Default": "loglake",
                "AllowedPattern": "[a-z0-9_]{1,128}",
                "Description": "lake.toml: [lake] database.",
            },
            **{f"{who}Arn": _principal(f"The {whose} role, by ARN; none is nobody.") for who, whose in PEOPLE.items()},
            f"{_READER}Arn": _principal(
                "Who may read sensitive columns (docs/permissions.md), by ARN; none is nobody."
            ),
        },
        "Conditions": {
            f"Has{who}": {"Fn::Not": [{"Fn::Equals": [{"Ref": f"{who}Arn"}, "none"]}]} for who in (*PEOPLE, _READER)
        },
    }
    return HEADER + dump(head) + with_comments(_resources())


def _principal(description: str) -> dict[str, str]:
    return {"Type": "String", "Default": "none", "Description": description}


def _resources() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """One after the other: grants that meet are refused (infra/templates/grants.yaml says where that is known from)."""
    last: dict[str, str] = {}  # of each who: the grant that the next one waits for
    for name, says, who, grant in _grants():
        if who in last:
            grant["DependsOn"] = last[who]
        elif last:  # which may not be there: a Ref makes an order wherever it stands
            grant["Metadata"] = {"After": [{"Fn::If": [f"Has{one}", {"Ref": its}, ""]} for one, its in last.items()]}
        last[who] = name
        yield name, says, grant


def _grants() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    views = sorted(path.stem for path in FOLDER.glob("*.sql"))
    sensitive = {name: table.sensitive for name, table in TABLES.items() if table.sensitive}
    for who, whose in PEOPLE.items():
        for name in (*TABLES, *views):
            says = (
                f"Breaks: the {whose} role is refused {name} by Lake Formation. Do: deploy again as its administrator."
            )
            yield logical_id(f"{who}Reads", name), says, who, _grant(who, name, sensitive.get(name, ()))
    for name in sensitive:
        says = (
            f"Breaks: nobody reads the sensitive columns of {name}. Do: deploy again as Lake Formation's administrator."
        )
        yield logical_id("SensitiveOf", name), says, _READER, _grant(_READER, name, ())


def _grant(who: str, name: str, without: tuple[str, ...]) -> dict[str, Any]:
    table = {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseName": {"Ref": "Database"}, "Name": name}
    # Lake Formation grants nothing but SELECT on columns; whoever may select may see the others' names.
    columns = {"TableWithColumns": table | {"ColumnWildcard": {"ExcludedColumnNames": list(without)}}}
    return {
        "Type": _GRANT,
        "Condition": f"Has{who}",
        "Properties": {
            "Principal": {"DataLakePrincipalIdentifier": {"Ref": f"{who}Arn"}},
            "Resource": columns if without else {"Table": table},
            "Permissions": ["SELECT"] if without else ["DESCRIBE", "SELECT"],
            "PermissionsWithGrantOption": [],
        },
    }


def with_tables(template: str, prefix: str) -> str:
    """A template's text, what is between its marks made anew. prefix: of the resource that is the model of the others:
    SharesTeams, ReadsTeams."""
    before, _, rest = template.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    model = parse(template)["Resources"][f"{prefix}Teams"]
    known = set(re.findall(r"^ +Name: (\w+)$", before, re.M))
    made = []
    last = _last(before)
    for name, table in TABLES.items():
        if name in known or name.endswith("_raw"):
            continue
        says = f"Breaks: {name} cannot be read from the other account. Do: as for {prefix}Teams."
        # One after the other, see _resources.
        made.append((logical_id(prefix, name), says, _of_another(model, name, table.sensitive) | {"DependsOn": last}))
        last = logical_id(prefix, name)
    lines = with_comments(made).partition("\n")[2]
    return f"{before}{_BEGIN}{lines}{_END}{after}"


def _last(template: str) -> str:
    """The grant for which no other waits."""
    grants = {name: one for name, one in parse(template)["Resources"].items() if one["Type"] == _GRANT}
    (last,) = grants.keys() - {one.get("DependsOn") for one in grants.values()}
    return str(last)


def _of_another(model: dict[str, Any], name: str, without: tuple[str, ...]) -> dict[str, Any]:
    properties = model["Properties"]
    table = properties["Resource"]["Table"] | {"Name": name}
    changed: dict[str, Any] = {"Resource": {"Table": table}}
    if without:
        columns = table | {"ColumnWildcard": {"ExcludedColumnNames": list(without)}}
        option = ["SELECT"] if properties["PermissionsWithGrantOption"] else []
        changed = {"Resource": {"TableWithColumns": columns}, "Permissions": ["SELECT"]}
        changed |= {"PermissionsWithGrantOption": option}
    return model | {"Properties": properties | changed}


OF_ACCOUNTS = {"share.yaml": "Shares", "consumer.yaml": "Reads"}

if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
    for _file, _prefix in OF_ACCOUNTS.items():
        _path = TEMPLATES / _file
        _path.write_text(with_tables(_path.read_text(encoding="utf-8"), _prefix), encoding="utf-8")
