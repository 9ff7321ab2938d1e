"""The ledgers of the five cases: complete, well-formed and judged."""

import pytest

from workbench.claims.audit import audit
from workbench.claims.checks import CHECKS
from workbench.claims.coverage import check_document, numeric_lines
from workbench.claims.ledger import Ledger, load_ledger
from workbench.claims.verdict import Verdict
from workbench.errors import InputError
from workbench.pricing.book import PriceBook
from workbench.spec import load_case
from workbench.spec.case import DESIGNS, case_names

DOCUMENT = ["# Plan", "", "- 50 RCU: $23", "- two tables", "Version 2"]
TEXT = """\
schema_version: 1
case: small
document: plan.txt
claims:
  reads:
    lines: [3]
    quote: "50 RCU: $23"
    kind: price
    documented: 23
    check: capacity_month
    given: {rcu: 50}
exclusions:
  - reason: Version of the document.
    lines: [5]
numeric_lines:
"""

OWN = TEXT.replace("case: small", "case: algoitny").replace("plan.txt", "004_0b8af11897200299.txt")


DOCUMENTED = [name for name in case_names() if (DESIGNS / name / "claims.yaml").exists()]


def ledger_of(folder, text=TEXT, lines=DOCUMENT) -> Ledger:
    """Returns a ledger read from a folder, with the index of a document."""
    index = "".join(f'  - {{line: {e.line}, sha256: "{e.sha256}"}}\n' for e in numeric_lines(lines))
    (folder / "claims.yaml").write_text(text + index)
    return load_ledger(folder, frozenset(CHECKS))


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_line_with_a_number_is_judged_or_excluded(name) -> None:
    """No indexed line is left over, and nothing is excluded that a claim judges."""
    ledger = load_ledger(DESIGNS / name, frozenset(CHECKS))
    assert ledger.numeric_lines
    assert ledger.uncovered() == ()
    judged = {line for claim in ledger.claims.values() for line in claim.lines}
    assert not judged & {line for exclusion in ledger.exclusions for line in exclusion.lines}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_document_is_that_of_the_design(name) -> None:
    """Ledger and design speak of one file."""
    ledger = load_ledger(DESIGNS / name, frozenset(CHECKS))
    case = load_case(name)
    assert (ledger.case, ledger.document) == (case.name, case.design.document)


def test_at_least_120_claims() -> None:
    """The five ledgers together judge at least 120 statements."""
    ledgers = [load_ledger(DESIGNS / name, frozenset(CHECKS)) for name in DOCUMENTED]
    assert len(ledgers) == 5
    assert sum(len(ledger.claims) for ledger in ledgers) >= 120


def test_every_check_is_used() -> None:
    """A check that no ledger needs is dead; counting patterns is kept for other documents."""
    ledgers = [load_ledger(DESIGNS / name, frozenset(CHECKS)) for name in DOCUMENTED]
    used = {claim.check for ledger in ledgers for claim in ledger.claims.values()}
    assert set(CHECKS) - used <= {"patterns_designed"}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_claim_gets_a_verdict_with_a_reason(name) -> None:
    """Counts add up, and every reason is a sentence."""
    found = audit(load_case(name), PriceBook.newest())
    assert sum(found.counts().values()) == len(found.ledger.claims) == len(found.claims)
    for claim in found.claims:
        assert claim.why[0] == claim.why[0].upper()
        assert claim.why.endswith((".", "?"))


def test_known_contradictions_of_algoitny() -> None:
    """Reads priced as writes, seven indexes called nine, two totals for 1,000 DAU."""
    found = {claim.id: claim for claim in audit(load_case("algoitny"), PriceBook.newest()).claims}
    split = {claim.id for claim in audit(load_case("algoitny"), PriceBook.newest()).split_claims()}
    wrong = ("capacity_reads", "total_1000", "indexes_205", "quick_1000", "weeks_shortest", "rds10_instance")
    assert {found[name].verdict for name in wrong} == {Verdict.CONTRADICTED}
    assert split.intersection(wrong) == {"indexes_205", "quick_1000", "weeks_shortest"}
    right = ("capacity_writes", "total_1000_sum", "rds_instance", "storage_1000", "rds10_total_sum")
    assert {found[name].verdict for name in right} == {Verdict.CONFIRMED}


def test_claims_come_in_the_order_of_the_document() -> None:
    """A reader can follow the audit beside the document."""
    places = [int(c.place.split(":")[1]) for c in audit(load_case("algoitny"), PriceBook.newest()).claims]
    assert places == sorted(places)


def test_a_forgotten_line_is_refused(tmp_path) -> None:
    """A line with a number that no claim and no exclusion names is an error of the ledger."""
    with pytest.raises(InputError, match=r"belongs to no claim and no exclusion; got 6\. Add a claim"):
        ledger_of(tmp_path, lines=[*DOCUMENT, "3 more"])


def test_an_unknown_check_is_refused_with_the_nearest(tmp_path) -> None:
    """A typing error in the name of a check is found before anything is judged."""
    text = TEXT.replace("capacity_month", "capacity_moth")
    with pytest.raises(InputError, match=r'there is no such check; got "capacity_moth".*capacity_month'):
        ledger_of(tmp_path, text)


def test_arguments_that_do_not_fit_are_refused(tmp_path) -> None:
    """An argument that the check does not have is named with the claim."""
    ledger_of(tmp_path, OWN.replace("rcu: 50", "cru: 50"))
    case = load_case("algoitny")
    with pytest.raises(InputError, match=r"claims\.reads\.given: the arguments do not fit.*'cru'"):
        audit(type(case)(tmp_path, case.design, case.workload, None, None, None), PriceBook.newest())


def test_arguments_that_a_check_cannot_work_with_are_refused(tmp_path) -> None:
    """A text where a number belongs is an error of the ledger, not of the program."""
    ledger_of(tmp_path, OWN.replace("rcu: 50", "rcu: many"))
    case = load_case("algoitny")
    with pytest.raises(InputError, match=r"claims\.reads\.given: the check capacity_month cannot work"):
        audit(type(case)(tmp_path, case.design, case.workload, None, None, None), PriceBook.newest())


def test_a_ledger_of_another_case_is_refused(tmp_path) -> None:
    """Both the case and the document that it names are compared with the design."""
    ledger_of(tmp_path)
    case = load_case("algoitny")
    with pytest.raises(
        InputError, match=r"(?s)case: differs.*got small, allowed algoitny.*document: differs"
    ):
        audit(type(case)(tmp_path, case.design, case.workload, None, None, None), PriceBook.newest())


def test_a_case_without_ledger_is_refused(tmp_path) -> None:
    """The missing file is named."""
    with pytest.raises(InputError, match=r"claims\.yaml: the case has no claims ledger"):
        load_ledger(tmp_path, frozenset(CHECKS))


def test_the_right_document_passes(tmp_path) -> None:
    """Index and quotes agree with the lines."""
    path = tmp_path / "plan.txt"
    path.write_text("\n".join(DOCUMENT))
    check_document(ledger_of(tmp_path), path)


def test_a_changed_document_is_refused_line_by_line(tmp_path) -> None:
    """A changed price, a new number and a lost one are each an error; a changed quote too."""
    path = tmp_path / "plan.txt"
    path.write_text("# Plan\n\n- 60 RCU: $28\n- 2 tables\nVersion two")
    with pytest.raises(InputError) as caught:
        check_document(ledger_of(tmp_path), path)
    places = [(problem.line, problem.path) for problem in caught.value.problems]
    assert places == [
        (3, "claims.reads.quote"),
        (3, "numeric_lines"),
        (4, "numeric_lines"),
        (5, "numeric_lines"),
    ]


def test_an_unreadable_document_is_refused(tmp_path) -> None:
    """A file that is absent, or is no text, is an error of the input."""
    ledger = ledger_of(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("absent", "binary"):
        with pytest.raises(InputError, match="cannot be read as text"):
            check_document(ledger, tmp_path / name)
