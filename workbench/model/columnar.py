"""Sizes of whole columns of numbers, by the rules of `workbench.model.item_size`; no Python for each row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Octets = npt.NDArray[np.uint8]

EXACT_DIGITS = 18
"""Digits that 64 bits hold, with one more to spare; longer numbers are settled one by one."""

MINUS, DOT, ZERO, NINE = b"-.09"


@dataclass(frozen=True, slots=True)
class Measured:
    """A column of values, measured.

    Args:
        size_bytes: Size of each value [bytes]; 0 where it is refused.
        refused: Where DynamoDB cannot hold the value.
    """

    size_bytes: Integers
    refused: Flags


def integer_bytes(values: npt.NDArray[np.signedinteger]) -> Integers:
    """Returns the size of each integer [bytes].

    >>> integer_bytes(np.array([0, 500, 12345, -7])).tolist()
    [1, 2, 4, 3]

    Source: adt-item-size, local-item-size
    """
    wide = values.astype(np.int64)
    return 1 + _pairs(np.abs(wide).view(np.uint64)) + (wide < 0)


def _pairs(magnitudes: npt.NDArray[np.uint64]) -> Integers:
    """Returns how many pairs of digits remain without pairs of zeros at either end; 0 for zero."""
    pairs = np.zeros(len(magnitudes), np.int64)
    largest, power = int(magnitudes.max(initial=0)), 1
    while power <= largest:
        pairs += magnitudes >= np.uint64(power)
        power *= 100
    hundred = np.uint64(100)
    (left,) = np.nonzero((magnitudes % hundred == 0) & (magnitudes > 0))
    rest = magnitudes[left] // hundred
    while len(left):
        pairs[left] -= 1
        again = rest % hundred == 0
        left, rest = left[again], rest[again] // hundred
    return pairs


def integer_lengths(values: npt.NDArray[np.signedinteger]) -> Integers:
    """Returns the length of each integer's text, with its minus sign [bytes]."""
    wide = values.astype(np.int64)
    magnitudes = np.abs(wide).view(np.uint64)
    lengths = 1 + (wide < 0).astype(np.int64)
    largest, power = int(magnitudes.max(initial=0)), 10
    while power <= largest:
        lengths += magnitudes >= np.uint64(power)
        power *= 10
    return lengths


@dataclass(frozen=True, slots=True)
class Spans:
    """Numbers as texts inside a buffer.

    Args:
        octets: The buffer.
        starts: Where each text starts.
        ends: Where it ends, exclusive.
    """

    octets: Octets
    starts: Integers
    ends: Integers

    def text(self, place: int) -> str:
        """Returns one of the texts."""
        return self.octets[self.starts[place] : self.ends[place]].tobytes().decode()


def decimal_bytes(spans: Spans, settle: Callable[[str], int]) -> Measured:
    """Returns the size of each number that is given as text.

    Args:
        spans: The numbers.
        settle: Gives the size of a number of more than 18 digits, or with an exponent, or of none at all;
            it raises ValueError for one that is refused. Called once for each distinct text.

    Source: adt-item-size, local-item-size
    """
    digits = _Digits(spans)
    size_bytes = 1 + _pairs(digits.aligned()) + (digits.negative & (digits.magnitude > 0))
    return settled(size_bytes, digits.odd, spans.text, settle)


def decimal_lengths(spans: Spans, settle: Callable[[str], int]) -> Measured:
    """Returns the length of each number's text without zeros that mean nothing [bytes].

    Args:
        spans: The numbers, as texts without an exponent and without leading zeros.
        settle: As in `decimal_bytes`.
    """
    digits = _Digits(spans)
    zeros, rest = digits.scale.copy(), digits.magnitude.copy()
    (left,) = np.nonzero(zeros)
    while len(left):
        left = left[(zeros[left] > 0) & (rest[left] % np.uint64(10) == 0)]
        zeros[left] -= 1
        rest[left] //= np.uint64(10)
    whole = spans.ends - spans.starts - digits.scale - digits.dotted
    lengths = whole + zeros + (zeros > 0) - (digits.negative & (digits.magnitude == 0))
    return settled(lengths, digits.odd, spans.text, settle)


class _Digits:
    """The digits of numbers, read place by place for all of them at once."""

    def __init__(self, spans: Spans) -> None:
        count = len(spans.starts)
        self.magnitude = np.zeros(count, np.uint64)
        self.scale = np.zeros(count, np.int64)
        self.dotted = np.zeros(count, np.bool_)
        self.negative = np.zeros(count, np.bool_)
        lengths = spans.ends - spans.starts
        self.odd = (lengths > EXACT_DIGITS) | (lengths == 0)
        places = np.flatnonzero(~self.odd)
        for step in range(int(lengths[places].max(initial=0))):
            places = places[lengths[places] > step]
            self._take(places, spans.octets[spans.starts[places] + step], first=step == 0)

    def _take(self, places: Integers, octets: Octets, *, first: bool) -> None:
        digit = (octets >= ZERO) & (octets <= NINE)
        values = np.where(digit, octets - np.uint8(ZERO), 0).astype(np.uint64)
        self.magnitude[places] = np.where(digit, self.magnitude[places] * 10 + values, self.magnitude[places])
        self.scale[places] += digit & self.dotted[places]
        if digit.all():
            return
        dot, minus = octets == DOT, (octets == MINUS) & first
        self.dotted[places] |= dot
        self.negative[places] |= minus
        self.odd[places] |= ~(digit | dot | minus)

    def aligned(self) -> npt.NDArray[np.uint64]:
        """Returns the digits as integers whose pairs start at the decimal point."""
        return self.magnitude * np.where(self.scale % 2, np.uint64(10), np.uint64(1))


def settled(
    size_bytes: Integers, odd: Flags, text: Callable[[int], str], settle: Callable[[str], int]
) -> Measured:
    """Returns sizes in which the odd ones are settled one by one, each distinct text once.

    Args:
        size_bytes: The sizes, of which the odd ones do not count; changed in place [bytes].
        odd: Which are odd.
        text: Gives the text of a place.
        settle: Gives the size of a text, or raises ValueError for one that is refused.
    """
    refused = np.zeros(len(size_bytes), np.bool_)
    known: dict[str, int] = {}
    for place in np.flatnonzero(odd).tolist():
        one = text(place)
        if one not in known:
            known[one] = _or_none(one, settle)
        refused[place], size_bytes[place] = known[one] < 0, max(known[one], 0)
    return Measured(size_bytes, refused)


def _or_none(text: str, settle: Callable[[str], int]) -> int:
    """Returns the size of a text [bytes], -1 for one that is refused."""
    try:
        return settle(text)
    except (ValueError, RecursionError):
        return -1
