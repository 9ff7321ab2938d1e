"""Bills of a case where a region, a sizing or a service is missing, or a class is not reserved."""

from dataclasses import replace

import pandas as pd
import pytest

from workbench.claims.cost_tables import our_curve
from workbench.claims.evidence import Evidence
from workbench.compare.case_bills import RESERVED, case_bills
from workbench.compare.case_costs import AS_DESIGNED, RELATIONAL
from workbench.compare.services import service_charges
from workbench.errors import InputError
from workbench.pricing import PriceBook
from workbench.report import sensitivity_page
from workbench.spec import load_case
from workbench.spec.measured import load_measurement
from workbench.spec.services import Services
from workbench.spec.sql_profile import load_sql_profile

BOOK = PriceBook.newest()
CASE = load_case("algoitny")
MEASURED = load_measurement(CASE.directory)
PROFILE = load_sql_profile(CASE.directory)


def changed(**fields):
    """AlgoItny with fields of every table changed and no relational sizing of a document."""
    tables = {name: table.model_copy(update=fields) for name, table in CASE.design.tables.items()}
    design = CASE.design.model_copy(update={"tables": tables})
    return replace(CASE, design=design, workload=CASE.workload.model_copy(update={"relational": ()}))


def priced(case, region="us-east-1", dau=100_000):
    """The bills and what is left out."""
    return case_bills(case, MEASURED, PROFILE, BOOK, region, dau=[dau])


def test_a_region_without_reserved_prices_leaves_out_those_ways_by_name():
    """In af-south-1 capacity has a price, reserved blocks have none."""
    found = priced(changed(point_in_time_recovery=False), "af-south-1")
    assert AS_DESIGNED in {one.alternative for one in found.bills}
    gaps = {one.place[2] for one in found.left_out if one.alternative in RESERVED.values()}
    assert "reserved_wcu_1yr_hourly" in gaps
    assert {one.place[1] for one in found.left_out} == {"af-south-1"}


def test_a_case_without_a_documented_sizing_has_one_alternative_less():
    """Without steps in the workload there is no relational bill of the document."""
    assert RELATIONAL not in {one.alternative for one in priced(changed()).bills}


def test_infrequent_access_is_not_reserved():
    """Blocks are sold for the Standard class only: such a table pays its hours in the reserved ways too."""
    found = priced(changed(table_class="STANDARD_INFREQUENT_ACCESS"))
    bills = {one.alternative: one for one in found.bills}
    for name in RESERVED.values():
        dimensions = {line.price.dimension for line in bills[name].bill.lines}
        assert not any(dimension.startswith("reserved") for dimension in dimensions)
        assert bills[name].remark.startswith("no block of 100 units pays")


def test_a_service_that_is_not_asked_for_has_no_charge():
    """A table that is named without anything beside it is billed for nothing more."""
    quiet = {"tables": {"AlgoItny-Main": {"source": {"line": 1}}}}
    demands = Evidence(CASE, BOOK).costs.demands
    assert service_charges(Services.model_validate(quiet), demands) == ()


def test_a_documented_table_needs_the_prices_of_its_alternative():
    """In a region without recovery prices the design cannot be priced, and the error names the price."""
    with pytest.raises(InputError, match=r"eu-north-1\.pitr_storage"):
        our_curve("as designed", Evidence(CASE, BOOK, "eu-north-1"))


def test_a_study_of_one_side_has_no_comparison():
    """Asking for both sides where one has no price ends with the missing prices."""
    study = sensitivity_page.explore(CASE, "eu-west-1", 1000, 10, 1)
    with pytest.raises(InputError, match=r"eu-west-1\.backup_storage"):
        _ = study.both


def test_where_no_assumption_decides_there_is_a_sentence(monkeypatch):
    """Indices that are all zero make no figure."""
    idle = pd.DataFrame({"assumption": ["one"], "first": [0.0], "total": [0.0]})
    monkeypatch.setattr(sensitivity_page, "sobol_indices", lambda *_, **__: idle)
    study = sensitivity_page.explore(CASE, "us-east-1", 1000, 10, 1)
    assert sensitivity_page.sobol_figure(study).text.startswith("No assumption changes the ratio")
