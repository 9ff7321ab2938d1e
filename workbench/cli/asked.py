"""What the commands about costs ask alike: a case that was measured, a region with prices, some users."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from workbench.errors import InputError, Problem, together

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.pricing import PriceBook
    from workbench.spec import Case
    from workbench.spec.measured import Measurement

REGION = click.option(
    "--region", default="us-east-1", show_default=True, help="AWS region whose prices are used."
)
DAU = click.option(
    "--dau", default=1000, show_default=True, type=click.IntRange(1, 10**10), help="Daily active users."
)
DAUS = click.option("--dau", default="1000", show_default=True, help="Daily active users: N[,N...].")
TABLE_FORMAT = click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True
)
TEXT_FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)


class Asked(NamedTuple):
    """A case that can be priced.

    Args:
        case: The case.
        measured: Its units and sizes.
        book: Prices.
        others: What else the command was given, as its readers return it.
    """

    case: Case
    measured: Measurement
    book: PriceBook
    others: tuple[Any, ...]


def asked(case: str, region: str, *others: Callable[[], Any]) -> Asked:
    """Returns what a command needs to price a case.

    Args:
        case: The case's name or folder.
        region: AWS region code.
        others: Readers of what else the command was given.

    Raises:
        InputError: Any of it is wrong; all problems at once.
    """
    from workbench.pricing import book_for  # noqa: PLC0415  # the overview must start at once

    (loaded, measured), book, *rest = together(partial(_measured, case), partial(book_for, region), *others)
    return Asked(loaded, measured, book, tuple(rest))


def _measured(name: str) -> tuple[Case, Measurement]:
    from workbench.spec import load_case  # noqa: PLC0415  # the overview must start at once
    from workbench.spec.measured import load_measurement  # noqa: PLC0415  # likewise

    case = load_case(name)
    return case, load_measurement(case.directory)


def whole_numbers(option: str, text: str) -> tuple[int, ...]:
    """Returns the whole numbers of an option that lists them with commas.

    Raises:
        InputError: One of them is none, or is below 0.
    """
    parts = [part.strip() for part in text.split(",")]
    if all(part.isdecimal() for part in parts):
        return tuple(map(int, parts))
    raise InputError([_problem(option, text, "whole numbers with commas, 0 and more", "1000,10000")])


def positive(option: str, text: str, example: str) -> Decimal:
    """Returns an option as an exact number.

    Args:
        option: The option.
        text: What was given for it.
        example: What may be given.

    Raises:
        InputError: It is no number above 0.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite() and number > 0:
        return number
    raise InputError([_problem(option, text, "a number above 0", example)])


def _problem(option: str, text: str, allowed: str, example: str) -> Problem:
    return Problem(option, 0, "", f"cannot be read; got {text!r}, allowed {allowed}", f"Write `{example}`.")
