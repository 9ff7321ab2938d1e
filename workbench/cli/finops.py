"""`workbench finops`: budgets and alarms, snapshots of bills and what changed, advice with its savings."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from workbench.cli.asked import DAU, REGION, TEXT_FORMAT, asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from workbench.finops.advice import Advice, PricedStep
    from workbench.finops.changes import Changes
    from workbench.finops.operated import Operated, Pricer


class _Loaded(NamedTuple):
    name: str
    operated: Operated
    pricer: Pricer
    others: tuple[Any, ...]


@click.group()
def finops() -> None:
    """Run a case's costs: budgets and alarms, what changed from month to month, what to do about it."""


@finops.command()
@click.argument("case")
@DAU
@REGION
@click.option(
    "--growth",
    default=0.2,
    show_default=True,
    type=click.FloatRange(0, 10),
    help="Growth of the users that is no reason for an alert.",
)
@click.option("--account", required=True, help="Account to watch, 12 digits.")
@click.option("--notify", multiple=True, required=True, metavar="ADDRESS", help="E-mail or ARN of SNS topic.")
@TEXT_FORMAT
def budgets(case: str, dau: int, region: str, form: str, **question: Any) -> None:
    """Prints the AWS Budgets and the CloudWatch alarms that watch CASE, each threshold with its reason.

    As JSON these are the requests of CreateBudget and PutMetricAlarm; nothing is sent to AWS. Alarms tell
    only SNS topics, budgets e-mail addresses too.
    """
    from workbench.finops.alarms import case_alarms  # noqa: PLC0415  # heavy
    from workbench.finops.budgets import case_budgets  # noqa: PLC0415  # heavy
    from workbench.finops.subscribers import watchers  # noqa: PLC0415  # heavy

    loaded = _load(case, dau, region, partial(watchers, question["account"], question["notify"]))
    (told,) = loaded.others
    share = Decimal(str(question["growth"]))
    limits = case_budgets(loaded.name, loaded.operated, loaded.pricer, share)
    alarms = case_alarms(loaded.name, loaded.operated, loaded.pricer, share)
    if form == "json":
        requests = {
            "budgets": [limit.request(question["account"], told) for limit in limits],
            "alarms": [alarm.request(told) for alarm in alarms],
        }
        click.echo(json.dumps(requests, indent=1))
        return
    for limit in limits:
        click.echo(f"{limit.name}: {limit.limit_usd} USD, {limit.time_unit.lower()}: {limit.reason}")
        for kind, percent, reason in limit.alerts:
            click.echo(f"  {percent} % {kind.lower()}: {reason}")
    for alarm in alarms:
        click.echo(f"{alarm.name}: {alarm.statistic} {alarm.threshold:,.10g}: {alarm.reason}")


@finops.command()
@click.argument("case")
@DAU
@REGION
@click.option("--month", required=True, help="The month that it stands for, such as 2026-11.")
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path, dir_okay=False))
def snapshot(case: str, dau: int, region: str, month: str, output: Path) -> None:
    """Keeps the bill of CASE in a file, to be compared with a later month."""
    from pydantic import ValidationError  # noqa: PLC0415  # heavy

    from workbench.finops.snapshot import snapshot as of_bill  # noqa: PLC0415  # heavy
    from workbench.finops.snapshot import write_snapshot  # noqa: PLC0415  # heavy

    loaded = _load(case, dau, region)
    bill = loaded.pricer.bill(loaded.operated)
    try:
        kept = of_bill(bill, case=loaded.name, month=month, dau=dau, prices=loaded.pricer.book.snapshot)
    except ValidationError:
        raise click.BadParameter(f"--month is no month; got {month!r}, allowed YYYY-MM") from None
    write_snapshot(kept, output)
    click.echo(f"{output} written: {len(kept.lines)} lines, {bill.total:,.2f} USD.")


@finops.command()
@click.argument("earlier", type=click.Path(path_type=Path))
@click.argument("later", type=click.Path(path_type=Path))
@TEXT_FORMAT
def changes(earlier: Path, later: Path, form: str) -> None:
    """Explains the difference of two snapshots line by line: usage, price, design."""
    from workbench.finops.changes import changes as between  # noqa: PLC0415  # heavy
    from workbench.finops.snapshot import read_snapshot  # noqa: PLC0415  # heavy

    found = between(read_snapshot(earlier), read_snapshot(later))
    click.echo(_json(_change_rows(found)) if form == "json" else _changes_text(found))


@finops.command()
@click.argument("case")
@DAU
@REGION
@click.option(
    "--retention-days",
    default=90,
    show_default=True,
    type=click.IntRange(1),
    help="Days that items are kept where expiry is advised.",
)
@TEXT_FORMAT
def advice(case: str, dau: int, region: str, retention_days: int, form: str) -> None:
    """Prints steps that lower the bill of CASE, each priced by itself and after the others."""
    from workbench.finops.advice import advise  # noqa: PLC0415  # heavy

    loaded = _load(case, dau, region)
    found = advise(loaded.operated, loaded.pricer, retention_days)
    click.echo(_json(_advice_rows(found)) if form == "json" else _advice_text(found))


def _load(case: str, dau: int, region: str, *others: Callable[[], Any]) -> _Loaded:
    from workbench.finops.operated import Operated, Pricer  # noqa: PLC0415  # heavy

    found = asked(case, region, *others)
    operated = Operated.of(found.case, found.measured)
    return _Loaded(found.case.name, operated, Pricer(found.book, region, dau), found.others)


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, default=str)


def _change_rows(found: Changes) -> Mapping[str, Any]:
    fields = ("component", "table", "index", "before", "after", "difference", "usage", "price", "design")
    return {
        "case": found.later.case,
        "earlier": found.earlier.month,
        "later": found.later.month,
        "total": {name: found.total(name) for name in fields[3:]},
        "lines": [{name: getattr(line, name) for name in fields} for line in found.lines],
    }


def _changes_text(found: Changes) -> str:
    rows = _change_rows(found)
    parts = ("before", "after", "difference", "usage", "price", "design")
    head = f"{found.later.case}, {found.earlier.month} to {found.later.month} [USD]"
    names = f"{'line':60}" + "".join(f"{part:>13}" for part in parts)
    lines = [(" ".join(filter(None, (r["component"], r["table"], r["index"]))), r) for r in rows["lines"]]
    shown = [("total", rows["total"]), *lines]
    return "\n".join(
        [head, names, *(f"{name:60}" + "".join(f"{row[p]:13,.4f}" for p in parts) for name, row in shown)]
    )


def _advice_rows(found: Advice) -> Mapping[str, Any]:
    return {
        "usd_per_month": found.bill.total,
        "alone": _step_rows(found.alone),
        "together": _step_rows(found.together),
        "with_commitments": _step_rows(found.committed),
        "declined": [
            {"rule": rule, "where": where, "reason": reason} for rule, where, reason in found.declined
        ],
    }


def _step_rows(steps: Iterable[PricedStep]) -> list[dict[str, Any]]:
    return [
        {
            "action": each.step.action,
            "takes": each.step.kind.value,
            "saving_usd_per_month": each.saving,
            "after_usd_per_month": each.after,
            "assumption": each.step.assumption,
            "risk": each.step.risk,
            "rule": each.step.rule,
        }
        for each in steps
    ]


def _advice_text(found: Advice) -> str:
    lines = [f"Today {found.bill.total:,.2f} USD a month", "", "One after another, without commitments:"]
    lines += [*_step_lines(found.together)] or ["  nothing is worth a hundredth of the bill"]
    lines += [f"  then {found.best:,.2f} USD a month", "", "With commitments:"]
    lines += [*_step_lines(found.committed)] or ["  nothing more"]
    lines += [f"  then {found.best_committed:,.2f} USD a month", "", "Each by itself:"]
    lines += [*_step_lines(found.alone, detail=True)]
    lines += [f"  not offered: {rule} at {where}: {reason}" for rule, where, reason in found.declined]
    return "\n".join(lines)


def _step_lines(steps: Iterable[PricedStep], *, detail: bool = False) -> Iterable[str]:
    for each in steps:
        saving = "cannot be taken" if each.saving is None else f"saves {each.saving:,.2f} USD"
        more = f"; {each.step.kind}. {each.step.assumption} {each.step.risk}" if detail else ""
        yield f"  {each.step.action}: {saving}{more}"
