"""The audit of a case's document: every claim with the documented value, ours, a verdict and the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from workbench.claims.checks import CHECKS
from workbench.claims.evidence import Evidence, Ours, misfit
from workbench.claims.ledger import CLAIMS, Claim, Ledger, load_ledger
from workbench.claims.verdict import Verdict, judge, value_text
from workbench.errors import InputError, Problem
from workbench.pricing.book import PriceBook
from workbench.spec.case import Case


@dataclass(frozen=True, slots=True)
class AuditedClaim:
    """A claim with its verdict, in words that can be shown.

    Args:
        id: Name of the claim.
        place: File name and line of the document.
        quote: Words of that line.
        kind: What is claimed.
        check: Name of the check that computed our value.
        documented: The documented value.
        ours: Our value.
        verdict: The verdict.
        why: Computation, comparison and note.
        within_document: The document contradicts itself.
    """

    id: str
    place: str
    quote: str
    kind: str
    check: str
    documented: str
    ours: str
    verdict: Verdict
    why: str
    within_document: bool

    def row(self) -> dict[str, str]:
        """Returns the fields as plain text by name."""
        return {name: value_text(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Audit:
    """All claims of one case.

    Args:
        ledger: What the document claims.
        claims: The claims with their verdicts, by line.
    """

    ledger: Ledger
    claims: tuple[AuditedClaim, ...]

    def split_claims(self) -> tuple[AuditedClaim, ...]:
        """Returns the claims in which the document contradicts itself."""
        return tuple(claim for claim in self.claims if claim.within_document)

    def counts(self) -> dict[Verdict, int]:
        """Returns the number of claims by verdict, in the order of `Verdict`."""
        found = Counter(claim.verdict for claim in self.claims)
        return {verdict: found[verdict] for verdict in Verdict}


def audit(case: Case, book: PriceBook, region: str = "us-east-1") -> Audit:
    """Returns the audit of a case's document.

    Args:
        case: The case; its folder holds `claims.yaml`.
        book: Prices.
        region: AWS region code.

    Raises:
        InputError: The ledger is missing or wrong, or a price or the measurement is missing.
    """
    ledger = load_ledger(case.directory, frozenset(CHECKS))
    file = str(case.directory / CLAIMS)
    problems = [*_strangers(ledger, case, file), *_misfits(ledger, file)]
    if problems:
        raise InputError(problems)
    values = _values(ledger, Evidence(case, book, region), file)
    audited = (_audited(name, claim, values[name], ledger) for name, claim in ledger.claims.items())
    lines = {name: claim.lines for name, claim in ledger.claims.items()}
    return Audit(ledger, tuple(sorted(audited, key=lambda found: lines[found.id])))


def _values(ledger: Ledger, evidence: Evidence, file: str) -> dict[str, Ours]:
    """Returns our value of each claim; arguments that a check cannot work with are refused, all at once."""
    values: dict[str, Ours] = {}
    problems: list[Problem] = []
    for name, claim in ledger.claims.items():
        try:
            values[name] = CHECKS[claim.check](evidence, **claim.given)
        except (LookupError, TypeError, ValueError, ArithmeticError) as error:
            message = f"the check {claim.check} cannot work with these arguments; got {error!r}"
            problems.append(Problem(file, 0, f"claims.{name}.given", message, "Correct them."))
    if problems:
        raise InputError(problems)
    return values


def _strangers(ledger: Ledger, case: Case, file: str) -> Iterator[Problem]:
    """Yields what shows that a ledger belongs to another case."""
    pairs = (("case", ledger.case, case.name), ("document", ledger.document, case.design.document))
    for path, found, expected in pairs:
        if found != expected:
            message = f"differs from the design; got {found}, allowed {expected}"
            yield Problem(file, 0, path, message, "Put the ledger into its own case.")


def _audited(name: str, claim: Claim, ours: Ours, ledger: Ledger) -> AuditedClaim:
    judgement = judge(claim, ours)
    return AuditedClaim(
        id=name,
        place=f"{ledger.document}:{claim.lines[0]}",
        quote=claim.quote,
        kind=claim.kind,
        check=claim.check,
        documented=value_text(claim.documented, claim.unit, claim.relation),
        ours=value_text(ours.value, "" if isinstance(ours.value, str) else claim.unit),
        verdict=judgement.verdict,
        why=judgement.why,
        within_document=judgement.within_document,
    )


def _misfits(ledger: Ledger, file: str) -> Iterator[Problem]:
    for name, claim in ledger.claims.items():
        reason = misfit(CHECKS[claim.check], claim.given)
        if reason:
            message = f"the arguments do not fit the check {claim.check}; got {reason}"
            yield Problem(file, 0, f"claims.{name}.given", message, "Correct them.")
