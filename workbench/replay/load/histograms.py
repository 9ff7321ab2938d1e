"""Histograms of times with three significant digits: recorded, merged, written to logs and read from them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from hdrh.codec import HdrCookieException, HdrLengthException
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogWriter
from numpy.typing import NDArray

from workbench.errors import InputError, Problem
from workbench.replay.load.confidence import rank_interval

LOWEST_US = 1
HIGHEST_US = 1_000_000_000
"""Times above are recorded as this [us]: 1,000 s."""
DIGITS = 3
US_PER_MS = 1000
US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class Quantile:
    """A percentile with its confidence interval.

    Args:
        ms: The percentile [ms]; None where the samples do not carry it.
        low_ms: Lower end at 95 % confidence [ms].
        high_ms: Upper end [ms]; None where the samples cannot bound it from above.
    """

    ms: float | None
    low_ms: float | None
    high_ms: float | None


NO_QUANTILE = Quantile(None, None, None)


class Times:
    """How long requests took.

    >>> times = Times()
    >>> times.record(np.array([1000, 2000, 3000, 4000]))
    >>> times.quantile(0.5).ms
    2.0
    """

    def __init__(self, histogram: Any = None) -> None:
        self._histogram = histogram or HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)

    @property
    def count(self) -> int:
        """Requests recorded."""
        return int(self._histogram.get_total_count())

    def record(self, microseconds: NDArray[np.int64]) -> None:
        """Records times [us]."""
        values, counts = np.unique(np.clip(microseconds, LOWEST_US, HIGHEST_US), return_counts=True)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            self._histogram.record_value(value, count)

    def clear(self) -> None:
        """Forgets everything. One that is dropped instead keeps its memory for long: it points at itself."""
        self._histogram.reset()

    def add(self, other: Times) -> None:
        """Adds what another histogram holds."""
        self._histogram.add(other._histogram)

    def with_endless(self, count: int) -> Times:
        """Returns these times and so many more that never ended."""
        if not count:
            return self
        total = merged([self])
        total.record(np.full(count, HIGHEST_US))
        return total

    def at_rank(self, rank: int) -> float:
        """Returns the time of the sample with a rank, from 1 [ms]; exact to the histogram's digits."""
        below = np.ctypeslib.as_array(self._histogram.counts).cumsum()
        value = self._histogram.get_value_from_index(int(below.searchsorted(rank)))
        return float(self._histogram.get_highest_equivalent_value(value)) / US_PER_MS

    def quantile(self, share: float) -> Quantile:
        """Returns a percentile with its interval; nothing with fewer than 1 / (1 - share) samples."""
        if self.count * (1 - share) < 1 - 1e-9:
            return NO_QUANTILE
        rank = max(1, int(np.ceil(share * self.count - 1e-9)))
        ranks = rank_interval(self.count, share)
        low = self.at_rank(ranks[0]) if ranks else None
        return Quantile(self.at_rank(rank), low, self.at_rank(ranks[1]) if ranks else None)

    @property
    def max_ms(self) -> float:
        """The longest time [ms]."""
        return float(self._histogram.get_max_value()) / US_PER_MS

    @property
    def mean_ms(self) -> float:
        """The mean [ms]."""
        return float(self._histogram.get_mean_value()) / US_PER_MS

    def curve(self, points: int = 60) -> list[tuple[float, float]]:
        """Returns (one of how many is slower, time [ms]) from the median on, evenly on a log axis."""
        if not self.count:
            return []
        ones = np.geomspace(2, max(self.count, 2), points)
        return [(float(n), self.at_rank(max(1, int(np.ceil((1 - 1 / n) * self.count))))) for n in ones]

    def encode(self) -> str:
        """Returns the histogram in the portable, compressed form of HdrHistogram."""
        return str(self._histogram.encode().decode("ascii"))

    @classmethod
    def decode(cls, text: str) -> Times:
        """Returns the histogram that `encode` gave."""
        return cls(HdrHistogram.decode(text))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Times) and bool(self._histogram.equals(other._histogram))

    __hash__ = None  # type: ignore[assignment]  # changes while it records

    def write(self, file: TextIO, tag: str, start_s: float, end_s: float) -> None:
        """Writes a line of a histogram log.

        Args:
            file: The log.
            tag: What the times are of.
            start_s: Begin of the interval [s from the start of the run].
            end_s: Its end [s].
        """
        self._histogram.set_start_time_stamp(start_s * 1000)
        self._histogram.set_end_time_stamp(end_s * 1000)
        file.write(f"Tag={tag},")
        HistogramLogWriter(file).output_interval_histogram(self._histogram, max_value_unit_ratio=US_PER_S)


def merged(parts: Iterable[Times]) -> Times:
    """Returns one histogram of everything that several hold."""
    total = Times()
    for part in parts:
        total.add(part)
    return total


def begin_log(file: TextIO) -> None:
    """Writes the head of a histogram log."""
    writer = HistogramLogWriter(file)
    writer.output_comment("[Logged by workbench replay; values in microseconds, from the intended start]")
    writer.output_log_format_version()
    writer.output_legend()


@dataclass(frozen=True, slots=True)
class LogLine:
    """One interval of a histogram log.

    Args:
        tag: What the times are of.
        start_s: Begin [s from the start of the run].
        seconds: Length [s].
        times: The times.
    """

    tag: str
    start_s: float
    seconds: float
    times: Times


def read_log(path: Path) -> Iterator[LogLine]:
    """Yields the intervals of a histogram log; a last line that was cut off is left out.

    Raises:
        InputError: A line is no interval.
    """
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        if line.startswith("Tag=") and line.endswith("\n"):
            yield _interval(path, number, line.rstrip("\n"))


def _interval(path: Path, number: int, line: str) -> LogLine:
    try:
        tag, start, length, _, payload = line.removeprefix("Tag=").split(",", 4)
        return LogLine(tag, float(start), float(length), Times.decode(payload))
    except (ValueError, IndexError, zlib.error, HdrCookieException, HdrLengthException) as error:
        message = f"no interval of a histogram log; got {line[:40]!r}"
        raise InputError([Problem(str(path), number, "", message, "Name the folder of a run.")]) from error


def log_totals(path: Path) -> dict[str, Times]:
    """Returns the sum of each tag of a histogram log."""
    totals: dict[str, Times] = {}
    for line in read_log(path):
        totals.setdefault(line.tag, Times()).add(line.times)
    return totals
