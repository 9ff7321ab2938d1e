"""When requests arrive, and which: drawn from a seed, in chunks, so that a long run needs no more memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

CHUNK = 4096
NANOSECONDS = 1_000_000_000

Process = Literal["poisson", "even", "closed"]
"""How arrivals are spaced: independent of each other, at equal distances, or whenever a user is free."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a run with a constant rate.

    Args:
        name: What it is called in results.
        seconds: How long it lasts [s].
        requests_per_second: Arrivals, average.
        judged: Whether its requests count for the percentiles of patterns; a warm-up's do not.
    """

    name: str
    seconds: float
    requests_per_second: float
    judged: bool = True


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Some arrivals in order.

    Args:
        due_ns: When each is due, from the start of the run [ns].
        pattern: Which pattern each is of.
        parameters: Which parameter set of its pattern each takes.
    """

    due_ns: NDArray[np.int64]
    pattern: NDArray[np.int64]
    parameters: NDArray[np.int64]

    def every(self, step: int, first: int) -> Arrivals:
        """Returns one of `step` arrivals, from the first on: the share of one of several processes."""
        return Arrivals(self.due_ns[first::step], self.pattern[first::step], self.parameters[first::step])

    def __len__(self) -> int:
        return len(self.due_ns)


@dataclass(frozen=True, slots=True)
class Plan:
    """What arrives in a run.

    Args:
        segments: The rates, one after another.
        shares: How often each pattern comes, in the tape's order; need not add up to 1.
        pools: Parameter sets of each pattern; a pattern without any never comes.
        seed: What everything is drawn with.
        process: How arrivals are spaced.
        replayed: Times of arrival [s] that are used instead of drawn ones; empty to draw.
    """

    segments: tuple[Segment, ...]
    shares: tuple[float, ...]
    pools: tuple[int, ...]
    seed: int
    process: Process = "poisson"
    replayed: tuple[float, ...] = ()

    @property
    def seconds(self) -> float:
        """How long the run lasts [s]."""
        return sum(segment.seconds for segment in self.segments)

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """How likely each pattern is to come next."""
        weights = np.array([s if pool else 0.0 for s, pool in zip(self.shares, self.pools, strict=True)])
        total: float = weights.sum()
        return weights / total

    def arrivals(self) -> Iterator[Arrivals]:
        """Yields all arrivals in chunks; the same plan yields the same ones."""
        choices = np.random.default_rng([self.seed, 2])
        pools = np.maximum(np.array(self.pools, np.int64), 1)
        used = np.zeros(len(pools), np.int64)
        for due in self._due():
            pattern = choices.choice(len(pools), len(due), p=self.probabilities)
            yield Arrivals(due, pattern, _numbered(pattern, used) % pools[pattern])

    def _due(self) -> Iterator[NDArray[np.int64]]:
        for seconds in self._times():
            inside = seconds[seconds < self.seconds]
            yield (inside * NANOSECONDS).astype(np.int64)
            if len(inside) < len(seconds):
                return

    def _times(self) -> Iterator[NDArray[np.float64]]:
        if self.process == "closed":
            return self._endless()
        return self._replayed() if self.replayed else self._drawn()

    def _endless(self) -> Iterator[NDArray[np.float64]]:
        while True:
            yield np.zeros(CHUNK)

    def _replayed(self) -> Iterator[NDArray[np.float64]]:
        times = np.array(self.replayed)
        yield from (times[n : n + CHUNK] for n in range(0, len(times), CHUNK))

    def _drawn(self) -> Iterator[NDArray[np.float64]]:
        """Yields times of arrival [s]: a process of rate 1, with its time bent to the segments' rates."""
        random = np.random.default_rng([self.seed, 1])
        ends = np.cumsum([0.0, *(segment.seconds for segment in self.segments)])
        passed = np.cumsum([0.0, *(s.seconds * s.requests_per_second for s in self.segments)])
        reached = 0.0
        while reached < passed[-1]:
            steps = random.standard_exponential(CHUNK) if self.process == "poisson" else np.ones(CHUNK)
            counted = reached + np.cumsum(steps)
            reached = float(counted[-1])
            inside = counted[counted < passed[-1]]
            yield np.interp(inside, passed, ends)

    def starts(self) -> dict[str, tuple[float, float]]:
        """Returns when each segment begins and ends [s]."""
        ends = np.cumsum([0.0, *(segment.seconds for segment in self.segments)])
        return {s.name: (float(a), float(b)) for s, (a, b) in zip(self.segments, pairwise(ends), strict=True)}


def _numbered(pattern: NDArray[np.int64], used: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns the how-manieth of its pattern each arrival is, and counts on."""
    numbers = np.empty(len(pattern), np.int64)
    for one in np.unique(pattern):
        places = np.flatnonzero(pattern == one)
        numbers[places] = used[one] + np.arange(len(places))
        used[one] += len(places)
    return numbers


def take_share(chunks: Iterator[Arrivals], processes: int, which: int) -> Iterator[Arrivals]:
    """Yields the arrivals of one process: one of `processes`, counted over all chunks."""
    passed = 0
    for chunk in chunks:
        yield chunk.every(processes, (which - passed) % processes)
        passed += len(chunk)
