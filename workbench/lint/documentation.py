"""The reference of all rules as Markdown, made from the rules themselves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from workbench.lint.registry import all_rules
from workbench.lint.rule import Rule
from workbench.spec.checks import DESIGN_CHECKS

HEAD = """# Rules

What `workbench lint CASE` holds against a design. This page is made from the rules by
`workbench lint --reference`; sources are ids from [sources.md](sources.md).

An error fails the command, a warning costs or risks something, a note informs. A design accepts a finding
with a reason:

```yaml
suppressions:
  - rule: reserved-word
    where: entities.User.attributes.name   # and what lies inside; empty for the whole design
    reason: All code goes through the repository, which aliases every name.
```

A suppression that accepts nothing is itself a finding (`unused-suppression`). Rules that need sizes and units
are run when the case was measured (`workbench measure CASE`).
"""

REFUSED = """## Refused before any rule runs

DynamoDB would not take such a design, or it contradicts itself. `workbench check` and `workbench lint` name
every place and end with 2.

| check | finds |
|---|---|"""


def rules_page() -> str:
    """Returns the reference of all rules as Markdown."""
    rules = all_rules()
    lines = [HEAD, *_overview(rules), *(line for rule in rules for line in _rule(rule)), *_refused()]
    return "\n".join(lines) + "\n"


def _overview(rules: tuple[Rule, ...]) -> Iterator[str]:
    yield "| rule | severity | needs | finds |"
    yield "|---|---|---|---|"
    for rule in rules:
        needs = ", ".join(sorted(rule.needs))
        yield f"| [{rule.id}](#{rule.id}) | {rule.severity} | {needs} | {rule.summary} |"
    yield ""


def _rule(rule: Rule) -> Iterator[str]:
    yield f"## {rule.id}\n"
    yield f"{rule.severity.capitalize()}. {rule.sections['What']}\n"
    yield f"**Why.** {rule.sections['Why']}\n"
    yield f"**Example.**\n\n```yaml\n{rule.sections['Example']}\n```\n"
    yield f"**Instead.** {rule.sections['Instead']}\n"
    yield f"Source: {rule.sections['Source']}\n"


def _refused() -> Iterator[str]:
    yield REFUSED
    for check in DESIGN_CHECKS:
        yield f"| {check.__name__.replace('_', ' ')} | {_sentence(check)} |"


def _sentence(check: Callable[..., Any]) -> str:
    return (inspect.getdoc(check) or "").splitlines()[0]
