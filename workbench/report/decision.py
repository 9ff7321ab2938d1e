"""Answers for who decides: a question, the answer in a few words, what it rests on, and where to read on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from workbench.report.record import record, recorded
from workbench.report.templating import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Answer:
    """One answer.

    Args:
        question: What is asked.
        headline: The answer in a few words or a number with its unit.
        detail: What it rests on, in one or two sentences.
        page: Name of the notebook that shows all of it, such as `05_capacity_and_cost`.
        tone: `plain`, `good` or `bad`.
        anchor: Heading on that page, with hyphens for spaces; empty for its top.
    """

    question: str
    headline: str
    detail: str
    page: str
    tone: str = "plain"
    anchor: str = ""

    @property
    def href(self) -> str:
        """File of the page."""
        return f"{self.page}.html#{self.anchor}" if self.anchor else f"{self.page}.html"

    @property
    def title(self) -> str:
        """Name of the page in words."""
        if self.anchor:
            return self.anchor.replace("-", " ")
        return self.page.partition("_")[2].replace("_", " ").capitalize()


@dataclass(frozen=True)
class Answers:
    """Answers side by side.

    Args:
        answers: The answers in the order in which they are asked.
    """

    answers: Sequence[Answer]

    def _repr_html_(self) -> str:
        return render("answers.html.j2", answers=self.answers)

    def __repr__(self) -> str:
        return "\n".join(f"{each.question} {each.headline}. {each.detail}" for each in self.answers)


def leave_answer(answer: Answer) -> None:
    """Keeps the answer of a page for the summary of the same run."""
    record(f"answer-{answer.page}", asdict(answer))


def left_answers(pages: Iterable[str]) -> list[Answer]:
    """Returns the answers that pages of this run have left, in the order of the names given.

    Args:
        pages: Names of notebooks.
    """
    found = (recorded(f"answer-{page}") for page in pages)
    return [Answer(**each) for each in found if each is not None]
