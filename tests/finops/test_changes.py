"""Two months of a bill: usage, price and design add up to the difference, exactly."""

import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.cli import main
from workbench.errors import InputError
from workbench.finops.changes import changes
from workbench.finops.snapshot import Snapshot, SnapshotLine, read_snapshot, write_snapshot


def month(name, lines, case="shop", region="us-east-1"):
    """A snapshot with lines of (table, quantity, price)."""
    return Snapshot(
        schema_version=1,
        case=case,
        month=name,
        dau=1000,
        region=region,
        prices="2026-11-01",
        lines=tuple(
            SnapshotLine(component="storage", table=table, unit="GB-month", quantity=q, usd_per_unit=p)
            for table, q, p in lines
        ),
    )


def test_usage_is_at_the_earlier_price_and_price_on_the_later_quantity():
    """By hand: 10 at 0.25 become 14 at 0.20: 4 x 0.25 = 1.00 of usage, 14 x -0.05 = -0.70 of price."""
    found = changes(month("2026-10", [("Main", "10", "0.25")]), month("2026-11", [("Main", "14", "0.20")]))
    (line,) = found.lines
    assert (line.usage, line.price, line.design) == (Decimal("1.00"), Decimal("-0.70"), Decimal(0))
    assert line.difference == Decimal("0.30")


def test_new_and_removed_lines_are_design():
    """A line that only one month has is a decision about the design, whole."""
    found = changes(month("2026-10", [("Old", "2", "1")]), month("2026-11", [("New", "3", "1")]))
    assert {line.table: line.design for line in found.lines} == {"Old": Decimal(-2), "New": Decimal(3)}


amounts = st.decimals(0, 10**9, places=12)
bills = st.dictionaries(st.sampled_from("ABCDEFG"), st.tuples(amounts, amounts), max_size=7)


@given(bills, bills)
def test_parts_add_up_exactly(first, second):
    """For any two bills the parts of all lines add up to the difference of the sums, to the last digit."""
    one, other = (
        month(name, [(table, *each) for table, each in bill.items()])
        for name, bill in (("2026-10", first), ("2026-11", second))
    )
    found = changes(one, other)
    parts = [found.total(part) for part in ("usage", "price", "design")]
    assert sum(map(_exact, parts)) == _exact(found.total("after")) - _exact(found.total("before"))
    assert all(
        _exact(line.usage) + _exact(line.price) + _exact(line.design)
        == _exact(line.after) - _exact(line.before)
        for line in found.lines
    )


def _exact(number):
    """The number as a fraction, which no context rounds."""
    return number.as_integer_ratio()[0] * 10**40 // number.as_integer_ratio()[1]


def test_a_file_gives_back_what_was_written(tmp_path):
    """Amounts survive to the last digit."""
    kept = month("2026-10", [("Main", "0.123456789012", "0.000000125")])
    write_snapshot(kept, tmp_path / "october.json")
    assert read_snapshot(tmp_path / "october.json") == kept
    assert [path.name for path in tmp_path.iterdir()] == ["october.json"]


def test_other_cases_and_regions_are_refused():
    """Months of different systems explain nothing."""
    with pytest.raises(InputError) as raised:
        changes(month("2026-10", []), month("2026-11", [], case="mall", region="eu-west-1"))
    assert str(raised.value).split("\n") == [
        "snapshots: case: differs; got shop and mall. Compare months of one case and region.",
        "snapshots: region: differs; got us-east-1 and eu-west-1. Compare months of one case and region.",
    ]


def test_a_broken_file_is_told_with_all_its_problems(tmp_path):
    """Fields that are wrong are named; there is no traceback."""
    path = tmp_path / "october.json"
    path.write_text(month("2026-10", [("Main", "1", "1")]).model_dump_json().replace("2026-10", "October"))
    with pytest.raises(InputError, match=r"month: .*got 'October'"):
        read_snapshot(path)
    path.write_text('{"lines": 3}')
    with pytest.raises(InputError) as raised:
        read_snapshot(path)
    assert len(raised.value.problems) == 7


@pytest.mark.parametrize("value", ["1e999999", "-1", "NaN", "Infinity", "1e-31"])
def test_numbers_that_cannot_be_exact_are_refused(tmp_path, value):
    """What would overflow, vanish or turn the bill negative is told with its place."""
    path = tmp_path / "october.json"
    write_snapshot(month("2026-10", [("Main", "7", "1")]), path)
    path.write_text(path.read_text().replace('"7.000000000000"', '"7"').replace('"7"', f'"{value}"'))
    with pytest.raises(InputError, match=r"lines\.0\.quantity: "):
        read_snapshot(path)


def test_a_line_that_stands_twice_is_refused(tmp_path):
    """It could not be compared line by line."""
    path = tmp_path / "october.json"
    write_snapshot(month("2026-10", [("Main", "1", "1"), ("Main", "2", "1")]), path)
    with pytest.raises(InputError, match="twice; got storage Main GB-month"):
        read_snapshot(path)


def test_commands_keep_and_compare(monkeypatch, capsys, tmp_path):
    """A snapshot of fewer users and one of more: all of the difference is usage."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["workbench", "finops", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, *capsys.readouterr()

    for name, dau in (("2026-10", "1000"), ("2026-11", "2000")):
        arguments = ("dealership", "--dau", dau, "--month", name, "-o", str(tmp_path / name))
        assert run("snapshot", *arguments)[0] == 0
    code, output, _ = run("changes", str(tmp_path / "2026-10"), str(tmp_path / "2026-11"))
    assert code == 0
    total = output.split("\n")[2].split()
    assert total[1:] == ["0.2200", "0.4401", "0.2200", "0.2200", "0.0000", "0.0000"]
    code, _, errors = run("snapshot", "dealership", "--month", "11/2026", "-o", str(tmp_path / "x"))
    assert (code, "allowed YYYY-MM" in errors) == (2, True)
    assert not (tmp_path / "x").exists()
