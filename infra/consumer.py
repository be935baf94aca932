"""`infra/templates/consumer-views.yaml`: the lake's views in a consumer's account, made of the tables that are shared.

`python -m infra.consumer` writes it. A view in a catalog names its tables by their database, which is looked up in the
account that asks. So these name tables alone, in the database that is there a link to the lake's (consumer.yaml): no
view of the lake is shared, and none of these names another.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from infra.catalog import logical_id
from infra.managers import written_out
from infra.template import TEMPLATES, dump, with_comments
from infra.views import FOLDER, read_view, view_input
from lake.settings import Settings, parse

PATH = TEMPLATES / "consumer-views.yaml"
HEADER = "# Made by `python -m infra.consumer` of sql/views and lake.toml: change those, not this.\n"
_VIEW = "Breaks: the view cannot be asked in this account. Do: deploy again; the tables can be asked meanwhile."


def text(settings: Settings, folder: Path = FOLDER) -> str:
    """The whole file. The views are those of this lake.toml, and so is the database that they name."""
    views = []
    for file in sorted(folder.glob("*.sql")):
        view = read_view(file.read_text(), settings, file.stem)
        whole = replace(view, sql=written_out(settings, view.name, folder))
        properties = {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseName": {"Ref": "ViewsDatabase"},
            "TableInput": view_input(whole, settings.lake.database),
        }
        resource = {"Type": "AWS::Glue::Table", "Properties": properties}
        views.append((logical_id("View", view.name), _VIEW, resource))
    head = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Log Lake, in a consumer's account: its views. After consumer.yaml.",
        "Parameters": {
            "ViewsDatabase": {
                "Type": "String",
                "Default": "loglake_views",
                "AllowedPattern": "[a-z0-9_]{1,128}",
                "Description": "The database that consumer.yaml made for views.",
            }
        },
    }
    return HEADER + dump(head) + with_comments(views)


if __name__ == "__main__":
    from cli.home import PROJECT

    PATH.write_text(text(parse((PROJECT / "lake.toml").read_text())), encoding="utf-8")
