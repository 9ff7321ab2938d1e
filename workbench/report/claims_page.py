"""What the notebook of the claims audit shows: verdicts counted, then every claim with its computation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.claims import audit
from workbench.claims.ledger import CLAIMS
from workbench.claims.verdict import Verdict
from workbench.pricing import PriceBook
from workbench.report.decision import Answer, leave_answer
from workbench.report.record import record
from workbench.report.tables import Column, Heading, Statement, Table
from workbench.report.templating import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.claims import Audit, AuditedClaim
    from workbench.spec import Case

RECORD = "claims"

INTRODUCTIONS = {
    Verdict.CONTRADICTED: "Our value and the documented one cannot both be right. Each has its computation.",
    Verdict.DEPENDS_ON: "Right or wrong by something that the document leaves open; it is named.",
    Verdict.NOT_CHECKABLE: "What it would take to tell is named. None of these counts for or against.",
    Verdict.CONFIRMED: "Our value agrees within the rounding of the document.",
}
"""What each verdict means, in the order of the page."""


@dataclass(frozen=True)
class ClaimList:
    """Claims of one verdict, told apart by kind.

    Args:
        title: Heading.
        anchor: Where links lead.
        introduction: What they have in common.
        groups: Kind of claim to its claims.
        folded: Show the kinds closed.
    """

    title: str
    anchor: str
    introduction: str
    groups: dict[str, list[AuditedClaim]]
    folded: bool = False

    def _repr_html_(self) -> str:
        return render("claims.html.j2", found=self)

    def __repr__(self) -> str:
        every = (claim for claims in self.groups.values() for claim in claims)
        lines = [f"{claim.place} {claim.id}: {claim.documented}; {claim.ours}" for claim in every]
        return "\n".join([self.title, *lines])


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("Claims audit", case.design.title)


def audited(case: Case) -> Audit | None:
    """Returns the audit at the prices of us-east-1, and keeps its counts; None without a ledger.

    Raises:
        InputError: The ledger is wrong, or the case has not been measured since its files changed.
    """
    if not (case.directory / CLAIMS).exists():
        return None
    found = audit(case, PriceBook.newest())
    counts = {str(verdict): number for verdict, number in found.counts().items()}
    record(RECORD, {"counts": counts, "split": len(found.split_claims()), "summary": summary(found).text})
    leave_answer(answer(found))
    return found


def answer(found: Audit) -> Answer:
    """Returns whether the document was right, for the summary."""
    counts = found.counts()
    wrong = counts[Verdict.CONTRADICTED]
    told = (
        f"{counts[Verdict.CONFIRMED]} are confirmed, {counts[Verdict.DEPENDS_ON]} depend on what it leaves "
        f"open, {counts[Verdict.NOT_CHECKABLE]} cannot be checked here"
    )
    split = len(found.split_claims())
    itself = f" It disagrees with itself in {split}." if split else ""
    return Answer(
        "Was the document right?",
        f"{wrong} of {len(found.claims)} claims contradicted",
        f"Of the others {told}.{itself}",
        "08_claims",
        "plain" if wrong else "good",
    )


def summary(found: Audit | None) -> Statement:
    """Returns the counts in a sentence."""
    if found is None:
        return Statement("The case has no claims ledger, so there is nothing to audit.")
    counts = found.counts()
    told = ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
    split = len(found.split_claims())
    itself = f" In {split} of them it contradicts itself." if split else " It never contradicts itself."
    return Statement(f"{found.ledger.document} makes {len(found.claims)} claims: {told}.{itself}", "verdict")


def method() -> Statement:
    """Returns how claims are judged, so that their author can weigh the verdicts."""
    return Statement(
        "Prices and sums are computed from list prices of us-east-1 and from the document's own numbers. "
        "Costs of traffic come from units and sizes measured on the engines, with the ranges of the "
        "workload's assumptions. Tables, keys and features are held against the design here, which was "
        "written from the document: confirmed means that it could be built as stated, was created, and "
        "serves the pattern. Promises of speed need AWS and stay open."
    )


def matrix(found: Audit | None) -> Table | Statement:
    """Returns the number of claims by kind and verdict, each leading to its claims."""
    if found is None:
        return Statement("No claims.")
    numbers = Counter((claim.kind, claim.verdict) for claim in found.claims)
    columns = [
        Column("kind", "Kind"),
        *(
            Column(verdict.name, verdict.capitalize(), digits=0, link=f"{verdict.name}_")
            for verdict in INTRODUCTIONS
        ),
        Column("all", "All", digits=0),
    ]
    rows = []
    for kind in sorted({claim.kind for claim in found.claims}):
        row: dict[str, object] = {"kind": kind, "all": sum(numbers[kind, each] for each in INTRODUCTIONS)}
        for verdict in INTRODUCTIONS:
            number = numbers[kind, verdict]
            row |= {
                verdict.name: number or None,
                f"{verdict.name}_": _anchor(verdict, kind) if number else "",
            }
        rows.append(row)
    total: dict[str, object] = {"kind": "All", "all": len(found.claims)}
    for verdict, number in found.counts().items():
        total |= {verdict.name: number, f"{verdict.name}_": f"#{_slug(verdict)}" if number else ""}
    return Table("Claims by kind and verdict", columns, rows, total=total)


def split_list(found: Audit | None) -> Table | Statement:
    """Returns the claims in which the document disagrees with itself, each leading to its computation."""
    claims = found.split_claims() if found else ()
    if not claims:
        return Statement("No line of the document disagrees with another one.")
    columns = [
        Column("line", "Line", link="href"),
        Column("quote", "It says", wide=True),
        Column("documented", "Here"),
        Column("ours", "By its other lines"),
    ]
    rows = [
        {
            "line": claim.place.rpartition(":")[2],
            "quote": claim.quote.replace("**", ""),
            "documented": claim.documented,
            "ours": claim.ours,
            "href": f"#claim-{claim.id}",
        }
        for claim in claims
    ]
    return Table("Where the document disagrees with itself", columns, rows)


def claim_list(found: Audit | None, verdict: str) -> ClaimList | Statement:
    """Returns the claims of a verdict with their computations.

    Args:
        found: The audit.
        verdict: Such as `contradicted`.
    """
    chosen = Verdict(verdict)
    claims = [claim for claim in found.claims if claim.verdict is chosen] if found else []
    if not claims:
        return Statement(f"No claim is {chosen}.")
    return ClaimList(
        title=f"{chosen.capitalize()}: {len(claims)}",
        anchor=_slug(chosen),
        introduction=INTRODUCTIONS[chosen],
        groups=_by_kind(claims),
        folded=chosen is Verdict.CONFIRMED,
    )


def _by_kind(claims: Sequence[AuditedClaim]) -> dict[str, list[AuditedClaim]]:
    kinds = sorted({claim.kind for claim in claims})
    return {kind: [claim for claim in claims if claim.kind == kind] for kind in kinds}


def _slug(verdict: Verdict) -> str:
    return verdict.replace(" ", "-")


def _anchor(verdict: Verdict, kind: str) -> str:
    return f"#{_slug(verdict)}-{kind}"
