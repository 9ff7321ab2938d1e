"""How often a cache answers: by recency in bounded room or for a fixed time; writes void answers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROUNDS = 200
"""Halvings of a bracket; far more than a float has digits."""


def zipf_shares(keys: int, skew: float) -> Floats:
    """Returns the share of the requests that each of some keys gets, the most popular first.

    Args:
        keys: Number of keys.
        skew: Exponent; 0 spreads requests evenly, 1 is Zipf's law.

    >>> zipf_shares(3, 1).round(4).tolist()
    [0.5455, 0.2727, 0.1818]

    Source: zipf-law
    """
    weights = np.arange(1, keys + 1, dtype=np.float64) ** -skew
    shares: Floats = weights / weights.sum()
    return shares


def characteristic_seconds(read_rates: Floats, write_rates: Floats, room: float) -> float:
    """Returns how long an answer that nobody asks for stays in a cache of the most recently used [s].

    It is the time in which, on average, just so many answers are asked for as there is room for. A void
    answer keeps its room until that time is over. Infinite where all answers fit and none becomes void.

    Args:
        read_rates: Reads of each key [1/s].
        write_rates: Writes that void each key's answer [1/s].
        room: Answers that the cache can hold.

    Source: che-approximation
    """
    asked = read_rates > 0
    if math.isinf(room) or (asked.sum() <= room and not write_rates[asked].any()):
        return math.inf
    low, high = 0.0, 1.0 / float(read_rates.sum())
    while _taken(read_rates, write_rates, high) < room:
        high *= 2
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        enough = _taken(read_rates, write_rates, middle) >= room
        low, high = (low, middle) if enough else (middle, high)
    return high


def lru_hit_ratio(
    read_rates: Sequence[float] | Floats, room: float, write_rates: Sequence[float] | Floats = (0.0,)
) -> float:
    """Returns the share of reads that a cache answers which removes the least recently used answers.

    Requests of a key come independently of each other and of those of other keys. An answer is there when the
    key was read within the characteristic time and not written since.

    Args:
        read_rates: Reads of each key [1/s].
        room: Answers that the cache can hold.
        write_rates: Writes that void the answer of each key, or one rate for all [1/s].

    Source: che-approximation
    """
    reads = np.asarray(read_rates, dtype=np.float64)
    writes = np.broadcast_to(np.asarray(write_rates, dtype=np.float64), reads.shape)
    if not reads.any():
        return 0.0
    stays = characteristic_seconds(reads, writes, room)
    return float((reads * _held(reads, writes, stays)).sum() / reads.sum())


def _held(reads: Floats, writes: Floats, seconds: float) -> Floats:
    """Returns the share of the time in which each key's answer is there."""
    changes = reads + writes
    asked = np.divide(reads, changes, out=np.zeros_like(reads), where=changes > 0)
    if not math.isfinite(seconds):
        return asked
    held: Floats = asked * -np.expm1(-changes * seconds)
    return held


def _taken(reads: Floats, writes: Floats, seconds: float) -> float:
    """Returns the answers in a cache, void ones included, that each stay for a time after their last read.

    An answer stays for the gap before each hit, and after its last read for the whole time: so many answers
    are there as reads a second, times what each read adds to a stay (Little's law).
    """
    changes, hits = reads + writes, _held(reads, writes, seconds)
    ends = -np.expm1(-changes * seconds)
    shorter = np.divide(
        ends - changes * seconds * (1 - ends), changes * ends, out=np.zeros_like(reads), where=ends > 0
    )
    return float((reads * (hits * shorter + (1 - hits) * seconds)).sum())


def ttl_hit_ratio(read_rate: float, seconds: float, write_rate: float = 0.0) -> float:
    """Returns the share of reads that are answered where an answer is kept for a fixed time in ample room.

    A miss keeps an answer until its time is over or a write voids it; the reads of that while are hits.

    Args:
        read_rate: Reads of the key [1/s].
        seconds: Time that an answer is kept [s].
        write_rate: Writes that void it [1/s].

    >>> ttl_hit_ratio(1, 60), round(ttl_hit_ratio(1, 60, 1 / 60), 4)
    (0.9836065573770492, 0.9743)

    Source: ttl-renewal
    """
    stays = -math.expm1(-write_rate * seconds) / write_rate if write_rate else seconds
    hits = read_rate * stays
    return hits / (1 + hits)
