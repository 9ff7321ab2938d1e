"""Every rule fires with its exact message where it should, and is silent where it should be."""

import copy
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from workbench.lint import Severity, Subject, all_rules, lint
from workbench.lint.rule import SECTIONS, Need
from workbench.lint.rules.reserved_word import reserved_words
from workbench.pricing.book import Price, PriceBook, Strength
from workbench.pricing.dimensions import unit_of
from workbench.spec.checks import check_design, check_workload
from workbench.spec.design import Design
from workbench.spec.measured import Measurement
from workbench.spec.population import Population
from workbench.spec.workload import Workload

HERE = Path(__file__).parent
BASE = yaml.safe_load((HERE / "base.yaml").read_text(encoding="utf-8"))
RULES = {rule.id: rule for rule in all_rules()}
ONE_A_SECOND = 86_400
REGION = "example-1"
PATTERN = {"description": "stated", "source": {"line": 1}, "draw": "", "sql": ""}


def cases(kind):
    """Returns the cases of all rules that should fail or pass."""
    return [
        pytest.param(path.stem, case, id=f"{path.stem}:{case['name'].replace(' ', '_')}")
        for path in sorted((HERE / "cases").glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))[kind]
    ]


def merged(base, patch):
    """Returns plain data with a patch laid over it; null takes a key out."""
    if not isinstance(base, dict) or not isinstance(patch, dict):
        return copy.deepcopy(patch)
    changed = {key: merged(base.get(key), value) for key, value in patch.items() if value is not None}
    kept = {key: copy.deepcopy(value) for key, value in base.items() if key not in patch}
    return kept | changed


def price_book():
    """Returns the prices of the base."""
    return PriceBook.of(
        Price(
            "dynamodb",
            REGION,
            dimension,
            Decimal(str(usd)),
            unit_of("dynamodb", dimension),
            "given",
            "given",
            "2026",
            Strength.STRONG,
            "given",
        )
        for dimension, usd in BASE["prices"].items()
    )


def subject_of(case):
    """Returns the subject of a case; its design passes all checks."""
    plain = merged(BASE["design"], case.get("design", {}))
    plain["patterns"] = {name: {**PATTERN, **each} for name, each in plain["patterns"].items()}
    design = Design.model_validate(plain)
    traffic = merged(BASE["workload"], case.get("workload", {}))
    traffic["rates"] = {name: traffic["rates"].get(name, {"assumption": "once"}) for name in design.patterns}
    workload = Workload.model_validate(traffic)
    assert [*check_design(design), *check_workload(workload, design)] == []
    population = case.get("population")
    return Subject(
        design,
        workload,
        case.get("dau", ONE_A_SECOND),
        Population.model_validate(population) if population else None,
        measurement_of(case, design) if "measurement" in case else None,
        price_book() if case.get("prices") else None,
        REGION,
    )


def measurement_of(case, design):
    """Returns the measurement of a case, with nothing for patterns that it does not state."""
    plain = merged(BASE["measurement"], case["measurement"] or {})
    plain["units"] = {name: plain["units"].get(name, {}) for name in design.patterns}
    return Measurement.model_validate(plain)


def messages(rule, case):
    """Returns what a rule finds in a case, as `path: message`."""
    subject = subject_of(case)
    assert not RULES[rule].missing(subject)
    return [f"{finding.where}: {finding.message}" for finding in RULES[rule].findings(subject)]


@pytest.mark.parametrize(("rule", "case"), cases("fail"))
def test_rule_fires_with_its_message(rule, case):
    """A rule says exactly what is wrong with a design that it is made for."""
    assert messages(rule, case) == case["expected"]


@pytest.mark.parametrize(("rule", "case"), cases("pass"))
def test_rule_is_silent(rule, case):
    """A rule finds nothing in a design that does the other thing."""
    assert messages(rule, case) == []


def test_base_has_no_findings():
    """The design that the cases change is clean, so that a case shows its own fault only."""
    assert lint(subject_of({})).findings == ()


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_every_rule_has_both_kinds_of_case(rule):
    """No rule is without a firing and a silent case, nor without documentation in all its parts."""
    found = yaml.safe_load((HERE / "cases" / f"{rule.id}.yaml").read_text(encoding="utf-8"))
    assert found["fail"]
    assert found["pass"]
    assert tuple(rule.sections) == SECTIONS
    assert yaml.safe_load(rule.sections["Example"])


def test_every_case_has_its_rule():
    """No file of cases is left behind by a rule that went."""
    assert {path.stem for path in (HERE / "cases").glob("*.yaml")} == set(RULES)


def test_there_are_enough_rules():
    """The catalogue has at least 25 rules, of every severity, with and without measurement."""
    assert len(RULES) >= 25
    assert {rule.severity for rule in RULES.values()} == set(Severity)
    assert {need for rule in RULES.values() for need in rule.needs} == set(Need)


def test_reserved_words_are_those_of_the_emulator():
    """The 573 reserved words are the ones that an independent implementation refuses."""
    import moto.dynamodb.parsing  # noqa: PLC0415 - only this test needs the emulator

    listed = Path(moto.dynamodb.parsing.__file__).with_name("reserved_keywords.txt")
    assert reserved_words() == {word.lower() for word in listed.read_text(encoding="utf-8").split()}
    assert len(reserved_words()) == 573
