"""The syntax of key templates: literal text with `{name}`, `{name:date}` and `{name:010d}` placeholders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"\{([^{}]*)\}|([{}])|([^{}]+)")
_PLACEHOLDER = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::(?P<form>date|0[1-9][0-9]?d))?")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value to fill in.

    Args:
        name: The attribute or parameter that gives the value.
        form: Empty for the value's own text, `date` for the day of a timestamp, `0Nd` for N padded digits.
    """

    name: str
    form: str = ""

    @property
    def width(self) -> int:
        """Digits that a padded integer has at least; 0 for other forms."""
        return int(self.form[1:-1]) if self.form.endswith("d") else 0


Part = str | Placeholder


@lru_cache(maxsize=4096)
def parse_template(text: str) -> tuple[Part, ...]:
    """Returns the parts of a template in order.

    Raises:
        ValueError: A brace is not closed or a placeholder is none of the three forms; says which.

    >>> parse_template("USAGE#{created_at:date}")
    ('USAGE#', Placeholder(name='created_at', form='date'))
    """
    return tuple(_part(text, match) for match in _TOKEN.finditer(text))


def _part(text: str, match: re.Match[str]) -> Part:
    inside, brace, literal = match.groups()
    if brace:
        raise ValueError(f"brace without its partner in {text!r}")
    if literal is not None:
        return literal
    found = _PLACEHOLDER.fullmatch(inside)
    if not found:
        raise ValueError(f"placeholder {{{inside}}} is not {{name}}, {{name:date}} or {{name:0Nd}}")
    return Placeholder(found["name"], found["form"] or "")


def placeholders(text: object) -> tuple[str, ...]:
    """Returns the names that a template asks for, in order; none for a literal that is not a string."""
    if not isinstance(text, str):
        return ()
    return tuple(part.name for part in parse_template(text) if isinstance(part, Placeholder))
