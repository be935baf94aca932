"""Documentation that names things of the code names all of them."""

from pathlib import Path

from jobs.rows import REASONS

DOCS = Path(__file__).parents[2] / "docs"


def test_the_quarantine_page_explains_every_reason_and_no_other() -> None:
    lines = (DOCS / "quarantine.md").read_text().splitlines()
    explained = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert explained == list(REASONS)
