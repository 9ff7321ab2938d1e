"""A run on disk: histogram log and course while it goes on, state to resume from, tables at the end."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NoReturn, TextIO

from workbench.errors import InputError, Problem
from workbench.replay.load.collect import Collector, Failure, Sums, Window
from workbench.replay.load.histograms import Times, log_totals
from workbench.replay.load.results import LoadResult

LOG, JOURNAL, STATE, RESULT = "times.hlog", "windows.jsonl", "state.json", "result.json"
PATTERNS, COURSE = "patterns.parquet", "windows.parquet"


def write_whole(path: Path, text: str) -> None:
    """Writes a file so that it is there as a whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


@dataclass(frozen=True, slots=True)
class Files:
    """The open files of a run."""

    log: TextIO
    journal: TextIO


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of a run.

    Args:
        path: Where it is.
    """

    path: Path

    def begun(self, *, resume: bool) -> Mapping[str, Any]:
        """Returns what the run that is there was made with; makes the folder for a new one.

        Args:
            resume: Whether to go on with what is there.

        Raises:
            InputError: The folder holds a run, or none to go on with, or cannot be made.
        """
        state, complete = self._state(), (self.path / RESULT).exists()
        if resume and not state and complete:
            self._refuse("holds a run that is complete", "Name another folder to run it again.")
        if resume and not state:
            self._refuse("holds no run that was begun", "Leave --resume out.")
        if not resume and state:
            self._refuse("holds a run already", "Name another folder, or add --resume.")
        if not resume and complete:
            self._refuse("holds a run already", "Name another folder.")
        with self.writing():
            self.path.mkdir(parents=True, exist_ok=True)
        return state.get("identity", {})  # type: ignore[no-any-return]  # of JSON

    def begin(self, identity: Mapping[str, Any], *, resume: bool) -> float:
        """Returns from when on the run goes on [s]: 0 for a new one.

        Args:
            identity: What the run is made with; a run is only resumed with the same.
            resume: Whether to go on with what is there.

        Raises:
            InputError: The folder holds a run, or another one than this.
        """
        begun = self.begun(resume=resume)
        names = [name for name in identity if resume and begun.get(name) != identity[name]]
        if names:
            self._refuse(f"holds a run with another {', '.join(names)}", "Give what that run was begun with.")
        state = self._state()
        for name, size in state.get("sizes", {}).items():
            os.truncate(self.path / name, size)
        return float(state.get("reached_s", 0.0))

    def _refuse(self, what: str, step: str) -> NoReturn:
        raise InputError([Problem("--out", 0, "", f"{what}; got {self.path}", step)])

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Says in words why something cannot be written."""
        try:
            yield
        except ConnectionError:
            raise
        except OSError as error:
            self._refuse(f"cannot be written: {error.strerror}", "Make room, or name another folder.")

    def _state(self) -> dict[str, Any]:
        path = self.path / STATE
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return found

    @contextmanager
    def open(self) -> Iterator[Files]:
        """Opens the files that grow with the run."""
        with ExitStack() as stack:
            log = stack.enter_context((self.path / LOG).open("a", encoding="utf-8"))
            yield Files(log, stack.enter_context((self.path / JOURNAL).open("a", encoding="utf-8")))

    def keep(self, identity: Mapping[str, Any], collector: Collector) -> None:
        """Keeps until when the run is in the sums, the sums, and how much of the files is of them."""
        sums = {name: saved_sums(one) for name, one in collector.patterns.items()}
        segments = {name: saved_sums(one) for name, one in collector.segments.items()}
        failures = {name: asdict(one) for name, one in collector.failures.items()}
        state = {
            "identity": dict(identity),
            "reached_s": collector.settled_s,
            "sizes": {name: (self.path / name).stat().st_size for name in (LOG, JOURNAL)},
            "patterns": sums,
            "segments": segments,
            "failures": failures,
            "answers": collector.answers,
            "lag": collector.lag.encode(),
        }
        write_whole(self.path / STATE, json.dumps(state))

    def restore(self, collector: Collector) -> None:
        """Gives a collector what an earlier part of the run added up to."""
        state = self._state()
        collector.patterns.update({name: read_sums(one) for name, one in state["patterns"].items()})
        collector.segments.update({name: read_sums(one) for name, one in state["segments"].items()})
        collector.failures = {name: Failure(**one) for name, one in state["failures"].items()}
        collector.answers = Counter(state["answers"])
        collector.lag = Times.decode(state["lag"])
        lines = (self.path / JOURNAL).read_text(encoding="utf-8").splitlines()
        collector.windows = [Window(**json.loads(line)) for line in lines]
        collector.answered = sum(one.requests for one in collector.segments.values())
        collector.failed = sum(failure.count for failure in collector.failures.values())

    def finish(self, result: LoadResult) -> None:
        """Writes the result, and its tables as Parquet."""
        write_whole(self.path / RESULT, json.dumps(asdict(result), indent=1))
        _write_table(self.path / PATTERNS, [_flat(asdict(row)) for row in result.patterns])
        _write_table(self.path / COURSE, [asdict(window) for window in result.windows])
        if result.status == "complete":
            (self.path / STATE).unlink(missing_ok=True)


def saved_sums(sums: Sums) -> dict[str, Any]:
    """Returns sums as JSON can hold them."""
    plain = {field.name: getattr(sums, field.name) for field in fields(Sums)}
    return plain | {name: plain[name].encode() for name in ("response", "service")}


def read_sums(saved: Mapping[str, Any]) -> Sums:
    """Returns sums that were saved."""
    decoded = {name: Times.decode(saved[name]) for name in ("response", "service")}
    return Sums(**{**saved, **decoded, "failures": Counter(saved["failures"])})


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Returns nested values under joined names; failures and curves become one text."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if name in {"failures", "curve"}:
            found[f"{prefix}{name}"] = json.dumps(value)
        elif isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}_")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    import pyarrow as pa  # noqa: PLC0415 - takes half a second
    import pyarrow.parquet as pq  # noqa: PLC0415 - same

    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    table = pa.Table.from_pylist([dict(row) for row in rows])
    absent = pa.field("", pa.float64())
    fields = [absent.with_name(one.name) if pa.types.is_null(one.type) else one for one in table.schema]
    pq.write_table(table.cast(pa.schema(fields)), unfinished)
    unfinished.replace(path)


def merge_logs(paths: Sequence[Path]) -> dict[str, Times]:
    """Returns the sum of each pattern over the histogram logs of several runs.

    Args:
        paths: Folders of runs, or logs.

    Raises:
        InputError: One holds no times.
    """
    totals: dict[str, Times] = {}
    for path in paths:
        found = log_totals(log_of(path))
        if not found:
            _no_log(path)
        for tag, times in found.items():
            totals.setdefault(tag, Times()).add(times)
    return totals


def log_of(path: Path) -> Path:
    """Returns the histogram log of a run.

    Raises:
        InputError: There is none.
    """
    found = path / LOG if path.is_dir() else path
    return found if found.is_file() else _no_log(path)


def _no_log(path: Path) -> NoReturn:
    raise InputError(
        [Problem(str(path), 0, "", "there is no histogram log here", "Name the folder of a run.")]
    )
