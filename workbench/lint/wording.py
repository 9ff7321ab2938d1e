"""How numbers and names are written in findings."""

from __future__ import annotations

from collections.abc import Iterable

_GB = 2**30


def number(value: float) -> str:
    """Returns a number with three significant digits, or whole with thousands separated.

    >>> number(12345.6), number(0.012345), number(2.0), number(2.5)
    ('12,346', '0.0123', '2', '2.5')
    """
    if value == float("inf"):
        return "infinitely many"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits are enough


def percent(share: float) -> str:
    """Returns a share in percent.

    >>> percent(0.6)
    '60 %'
    """
    return f"{number(share * 100)} %"


def gigabytes(size_bytes: float) -> str:
    """Returns a size in GB of 2^30 bytes.

    >>> gigabytes(3 * 2**30)
    '3 GB'
    """
    return f"{number(size_bytes / _GB)} GB"


def usd(amount: float) -> str:
    """Returns an amount of money a month.

    >>> usd(1234.5)
    '1,234.50 USD'
    """
    return f"{amount:,.2f} USD"


def several(count: float, one: str, many: str = "") -> str:
    """Returns a count with its noun.

    >>> several(1, "index", "indexes"), several(3, "item")
    ('1 index', '3 items')
    """
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def names(found: Iterable[str]) -> str:
    """Returns names in a sentence.

    >>> names(["a", "b", "c"])
    'a, b and c'
    """
    every = list(found)
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} and {every[-1]}" if every else "none"
