"""Lints a case by its name, as the command line asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from workbench.errors import InputError, together
from workbench.lint.formats import FORMATS, Place
from workbench.lint.run import LintResult, lint
from workbench.lint.subject import DEFAULT_REGION, Subject, documented_dau
from workbench.pricing.assumed import book_for
from workbench.spec.case import Case, load_case, shown_path
from workbench.spec.document import Document
from workbench.spec.measured import MEASURED, Measurement, load_measurement
from workbench.spec.yaml_reader import read_document


@dataclass(frozen=True)
class LintedCase:
    """A case with what the rules found.

    Args:
        case: The case.
        result: What was found.
        document: The design file, which knows the lines.
    """

    case: Case
    result: LintResult
    document: Document

    def printed(self, form: str) -> str:
        """Returns the result in one of the forms in `FORMATS`."""
        place = Place(self.case.name, self.document.file, self.document.line)
        return FORMATS[form](self.result, place)


def lint_case(name: str, *, dau: int | None = None, region: str = DEFAULT_REGION) -> LintedCase:
    """Returns what the rules find in a case.

    Args:
        name: The case's name or folder.
        dau: Daily active users; None for the largest number that the case's document sizes [users].
        region: AWS region code of the prices.

    Raises:
        InputError: Files of the case are wrong, or the region has no prices; all problems at once.
    """
    case, book = together(partial(load_case, name), partial(book_for, region))
    subject = Subject(
        design=case.design,
        workload=case.workload,
        dau=dau or documented_dau(case.workload),
        population=case.population,
        measurement=_measurement(case),
        book=book,
        region=region,
    )
    path = case.directory / "design.yaml"
    return LintedCase(case, lint(subject), read_document(path, shown_path(path)))


def _measurement(case: Case) -> Measurement | None:
    """Returns the measurement beside a case; None where there is none, or one of other files."""
    if not (case.directory / MEASURED).exists():
        return None
    try:
        return load_measurement(case.directory)
    except InputError:
        return None


def lint_cases(names: Sequence[str], *, dau: int | None, region: str) -> list[LintedCase]:
    """Returns what the rules find in several cases.

    Raises:
        InputError: Files of a case are wrong; all problems of all cases at once.
    """
    return list(together(*(partial(lint_case, name, dau=dau, region=region) for name in names)))
