"""The guide's figures are those of the code and the templates; its links lead somewhere; costs add up by hand."""

import re

import pytest

from infra import costs, prices
from infra.costs import Day, components, total
from infra.deploy_guide import TARGET, GuideError, missing, of_the_root, parameters, render
from infra.template import TEMPLATES, load
from lake.settings import Bounds
from tests.lakes import SETTINGS

PAGE = TARGET.read_text(encoding="utf-8")
ROOT = TEMPLATES / "lake.yaml"


def test_the_guide_is_as_code_and_templates_are_now() -> None:
    assert render(PAGE) == PAGE, "stale: python -m infra.deploy_guide"
    assert missing(PAGE, iter(("costs", "alternatives", "prices", "parameters", "parameters-alone"))) == []


def test_every_parameter_that_a_person_may_give_is_in_the_guide_once_where_it_is_given() -> None:
    of_lake = {
        name for name, one in load(ROOT)["Parameters"].items() if not one["Description"].startswith("lake.toml:")
    }
    shown = re.findall(r"^\| `(\w+)` \|", of_the_root(), re.M)
    assert sorted(shown) == sorted(of_lake)
    nested = {one["Properties"]["TemplateURL"] for one in load(ROOT)["Resources"].values()}
    elsewhere = {"lake.yaml", "artefacts.yaml", "session-manager.yaml", "session-logs-destination.yaml"}
    by_hand = {path.name for path in TEMPLATES.glob("*.yaml") if f"./{path.name}" not in nested} - elsewhere
    assert {"consumer.yaml", "replica.yaml"} <= by_hand
    assert {one for one in by_hand if f"**`{one}`**" not in PAGE} == set()


def test_a_part_that_nobody_makes_is_refused() -> None:
    with pytest.raises(GuideError, match="weather is no part"):
        render("<!-- made: weather -->\nsunny\n<!-- end -->")
    assert render("<!-- made: prices -->\nstale\n<!-- end -->\nkept") == (
        f"<!-- made: prices -->\n{prices.table()}\n<!-- end -->\nkept"
    )


def test_a_parameter_is_shown_with_its_default_and_what_it_may_be() -> None:
    lines = parameters(TEMPLATES / "watch.yaml").splitlines()
    assert "| `AlarmEmail` | empty |  | Who is told, by e-mail;" in "\n".join(lines)
    assert any(line.startswith("| `FreshnessMinutes` | `90` | 15 to 1440 | The SLA, in minutes,") for line in lines)


def test_what_the_model_takes_from_the_settings_is_what_they_are() -> None:
    assert SETTINGS.bounds == Bounds()
    assert (SETTINGS.bounds.slice_rows, SETTINGS.bounds.raw_partition_days) == (costs.SLICE_ROWS, costs.PARTITION_DAYS)


def test_a_days_costs_are_those_of_a_hand_calculation() -> None:
    # 864,000 files: ten a second, so that a window of five seconds gathers 51 of them; 432 million events, all kept.
    day = Day("by hand", events=432_000_000, files=864_000, partitions=20_000, keep="everything")
    by_hand = {
        "logs delivered to raw": 864 * 0.005,
        "the queue": (864_000 * 1.2 + 21_600) * 0.40 / 1e6,
        "AddAPart": 864_000 / 51 * (0.20 / 1e6 + 0.75 * 0.0000133334 + 0.0004 / 1000 + 2 * 0.005 / 1000),
        "Glue catalog": (864_000 / 51 + 200) / 1e6 + (1_800_000 - 1_000_000) / 30 / 100_000,
        # 192 runs of 2 DPUs for 2 minutes; 37 seconds for each of 432 million, on four vCPUs half used.
        "Glue jobs": 0.44 * (192 * 2 * 2 / 60 + 37 * 432 / 4 / 0.5 / 3600),
        # 2,160 slices, copied by half of 96 runs.
        "the jobs' S3 requests": 864 * 0.0004 + (192 * 60 + 48 * 2160) / 1000 * 0.005,
        "old generations, until deleted": 48 * 432e6 * 55 / 1e9 * 14 / 30 * 0.023,
        "keys": 5 / 30 + 864_000 * 0.02 * 0.03 / 10_000,
        "alarms, logs, dashboard": (16 * 0.10 + 14 * 0.30 + 3) / 30 + 0.50 * (192 * 0.002 + 864_000 / 51 / 1e6),
        "20 questions over all of it": 20 * 432e6 * 55 / 1e12 * 5,
    }
    found = components(day)
    assert {name: total({name: terms}) for name, terms in found.items()} == pytest.approx(by_hand)


def test_no_price_lacks_what_it_is_for_and_where_it_is_from() -> None:
    for name, one in prices.prices():
        assert one.usd > 0, name
        assert one.unit, name
        assert one.page.startswith("https://aws.amazon.com/"), name


def test_links_lead_somewhere() -> None:
    anchors = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in re.findall(r"^#+ (.+)$", PAGE, re.M)}
    found = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert {one for one in found if one.startswith("#")} <= {f"#{one}" for one in anchors}
    files = {one.partition("#")[0] for one in found if not one.startswith(("#", "http"))}
    assert {one for one in files if not (TARGET.parent / one).exists()} == set()
