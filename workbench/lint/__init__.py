"""Rules that argue with a design: what will hurt, with the numbers behind it and what to do instead."""

from workbench.lint.registry import all_rules
from workbench.lint.rule import Finding, Found, Rule, Severity
from workbench.lint.run import LintResult, lint
from workbench.lint.subject import Subject

__all__ = ["Finding", "Found", "LintResult", "Rule", "Severity", "Subject", "all_rules", "lint"]
