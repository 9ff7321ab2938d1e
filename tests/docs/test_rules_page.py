"""The page of rules is current, and its sources exist."""

import re
from pathlib import Path

import pytest

from workbench.lint import all_rules
from workbench.lint.documentation import rules_page
from workbench.spec.checks import DESIGN_CHECKS

DOCS = Path(__file__).parents[2] / "docs"


def test_rules_page_is_current():
    """docs/rules.md is what `workbench lint --reference` prints."""
    assert (DOCS / "rules.md").read_text(encoding="utf-8") == rules_page()


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_sources_of_a_rule_are_listed(rule):
    """Every id that a rule names as its source has a row in docs/sources.md."""
    page = (DOCS / "sources.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| ([a-z0-9.-]+) \|", page, re.MULTILINE))
    assert set(rule.sections["Source"].split(", ")) <= listed


def test_rules_page_names_what_is_refused():
    """What a check refuses before the rules run stands on the same page."""
    page = rules_page()
    assert all(check.__name__.replace("_", " ") in page for check in DESIGN_CHECKS)
