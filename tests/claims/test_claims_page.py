"""The page of the audit: every claim once, counts that add up, links that lead somewhere, all escaped."""

import re
from dataclasses import replace

import pytest

from workbench.report import claims_page as page
from workbench.report.record import recorded
from workbench.spec import load_case
from workbench.spec.case import case_names

CASES = [name for name in case_names() if page.audited(load_case(name)) is not None]
VERDICTS = ("contradicted", "depends on", "not checkable here", "confirmed")


def shown(found):
    """The page as HTML."""
    parts = [page.summary(found), page.method(), page.matrix(found), page.split_list(found)]
    parts += [page.claim_list(found, verdict) for verdict in VERDICTS]
    return "".join(part._repr_html_() for part in parts)


@pytest.mark.parametrize("name", CASES)
def test_every_claim_is_shown_once_and_every_link_leads_somewhere(name):
    """Each claim has its anchor; each link of the matrix and of the contradictions has a target."""
    found = page.audited(load_case(name))
    html = shown(found)
    anchors = re.findall(r'id="([^"]+)"', html)
    assert len(anchors) == len(set(anchors))
    assert {f"claim-{claim.id}" for claim in found.claims} <= set(anchors)
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(anchors)


def test_counts_add_up_and_are_kept_for_the_summary():
    """The matrix, its total and the record say the same numbers."""
    found = page.audited(load_case("algoitny"))
    table = page.matrix(found)
    for name in ("CONFIRMED", "CONTRADICTED", "DEPENDS_ON", "NOT_CHECKABLE", "all"):
        assert sum(row.get(name) or 0 for row in table.rows) == table.total[name]
    assert sum(recorded(page.RECORD)["counts"].values()) == table.total["all"] == len(found.claims)


def test_a_case_without_a_ledger_says_so(tmp_path):
    """A user's own case needs none: the page has sentences in place of tables."""
    case = replace(load_case("algoitny"), directory=tmp_path)
    found = page.audited(case)
    assert found is None
    assert "no claims ledger" in shown(found)


def test_what_documents_say_is_escaped():
    """A quote cannot bring markup into the page."""
    found = page.audited(load_case("dealership"))
    evil = replace(found.claims[0], quote="<script>alert(1)</script>")
    html = shown(replace(found, claims=(evil, *found.claims[1:])))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
