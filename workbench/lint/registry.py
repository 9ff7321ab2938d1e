"""All rules: one file each below `rules`, found there, so that a new rule needs no second place."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from workbench.lint import rules
from workbench.lint.rule import Rule

UNUSED_SUPPRESSION = "unused-suppression"


@cache
def all_rules() -> tuple[Rule, ...]:
    """Returns every rule, by id."""
    modules = (import_module(f"{rules.__name__}.{found.name}") for found in iter_modules(rules.__path__))
    found: list[Rule] = [module.RULE for module in modules]
    return tuple(sorted(found, key=lambda rule: rule.id))
