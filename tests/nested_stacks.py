"""The whole lake as nested stacks on the embedded AWS: what moto 5.2.5's CloudFormation leaves out, beside
tests/deployed.py.

moto makes a nested stack of its TemplateURL, but cannot tell its outputs, and leaves None in lists where AWS::NoValue
was. It knows no Glue and no Athena: databases, tables, workgroups and saved queries are made here by their own APIs, as
CloudFormation makes them; custom resources run in this process, not in Lambda. Not made at all: Glue jobs and security
configurations, schedules, Lake Formation's grants, composite alarms, budgets. There are no change sets of nested
stacks, no rollback and no Object Lock on PUTs by anybody but the lake.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

from infra import template
from infra.functions import indexes
from tests import deployed
from tests.deployed import Properties, _kind

UNKNOWN = "not-in-moto"  # the output of a resource that moto does not make


_client = cache(deployed._client)


class Context:
    """Lambda's, with time enough."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def _database(cls: Any, _name: str, resource: Any, *_: Any, **__: Any) -> Any:
    wanted = resource["Properties"]["DatabaseInput"]
    _client("glue").create_database(DatabaseInput=wanted)
    made = cls()
    made.name = wanted["Name"]  # what Ref gives
    return made


def _table(properties: Properties) -> None:
    _client("glue").create_table(DatabaseName=properties["DatabaseName"], TableInput=properties["TableInput"])


def _workgroup(properties: Properties) -> None:
    configuration = properties["WorkGroupConfiguration"]
    configuration["BytesScannedCutoffPerQuery"] = int(configuration["BytesScannedCutoffPerQuery"])
    named = {key: properties[key] for key in ("Name", "Description")}
    _client("athena").create_work_group(**named, Configuration=configuration)


def _named_query(properties: Properties) -> None:
    _client("athena").create_named_query(**properties)


def _run_here(cls: Any, name: str, resource: Any, _account: str, region: str, **more: Any) -> Any:
    """A custom resource, by the function that the template names."""
    event = {"RequestType": "Create", "ResourceProperties": resource["Properties"]}
    assert more["ResourceType"] == "Custom::PartitionIndexes"
    indexes.work(event, Context(), sleep=lambda _: None)
    made = cls(region, "1", more["LogicalId"], name)
    made.set_data({})
    return made


@cache
def _parsed(text: str) -> dict[str, Any]:
    return template.parse(text)


@cache
def install() -> None:
    """Change moto in this process."""
    from moto.cloudformation import parsing
    from moto.cloudformation.custom_model import CustomModel
    from moto.cloudformation.exceptions import ValidationError
    from moto.cloudformation.models import ChangeSet, Stack

    deployed.install()
    plain = parsing.clean_json

    def clean_json(value: Any, resources: Any) -> Any:
        try:
            found = plain(value, resources)
        except ValidationError:
            if isinstance(value, dict) and set(value) == {"Fn::GetAtt"}:
                return UNKNOWN
            raise
        return [one for one in found if one is not None] if isinstance(found, list) else found

    def output(self: Any, attribute: str) -> Any:
        found = self.output_map[attribute.removeprefix("Outputs.")]
        return found.value if found else UNKNOWN

    def parse_template(text: str) -> dict[str, Any]:
        """moto reads YAML without libyaml, some seconds a catalog."""
        return copy.deepcopy(_parsed(text))

    plain_apply = ChangeSet.apply

    def apply(self: Any) -> None:
        """moto forgets the outputs of what a change set made."""
        plain_apply(self)
        self.stack.template = self.template
        self.stack._parse_template()
        self.stack.output_map = self.stack._create_output_map()

    ChangeSet.apply = apply
    parsing.clean_json = clean_json
    Stack.parse_template = staticmethod(parse_template)
    Stack.get_cfn_attribute = output
    Stack.has_cfn_attr = classmethod(lambda _cls, attribute: attribute.startswith("Outputs."))
    CustomModel.create_from_cloudformation_json = classmethod(_run_here)
    database = _kind("AWS::Glue::Database", lambda _: None)
    database.create_from_cloudformation_json = classmethod(_database)  # type: ignore[attr-defined]
    deployed._kinds += [
        database,
        _kind("AWS::Glue::Table", _table),
        _kind("AWS::Athena::WorkGroup", _workgroup),
        _kind("AWS::Athena::NamedQuery", _named_query),
    ]
    for kept in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        kept.cache_clear()
