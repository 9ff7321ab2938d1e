"""Sizes of whole columns of JSON documents; a size is a sum over tokens, so no document is parsed.

A document's bytes are those of its strings and numbers, one for each true, false and null, three for each map
and list, and one for each member. All of them are counted in flat passes over the text of the whole column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from workbench.model.columnar import Flags, Integers, Measured, Octets, Spans, decimal_bytes, settled

QUOTE, BACKSLASH, COLON, LETTER_U = b'"\\:u'
MAX_NESTING = 31
MAX_NAME_BYTES = 65_535
FIRST = {"M": b"{"[0], "L": b"["[0]}

_CLOSING = -1
_WEIGHTS = {b'"': -1, b"{": 4, b"[": 4, b",": 1, b"t": 1, b"f": 1, b"n": 1}
_DEPTHS = {b"{": 1, b"[": 1, b"}": _CLOSING, b"]": _CLOSING}


def _table(values: Mapping[bytes, int]) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    table = np.zeros(256, np.int8)
    for (octet,), value in values.items():
        table[octet] = value
    return table


WEIGHTS = _table(_WEIGHTS)
"""Bytes that an octet outside strings adds: an opening bracket 3 and the first member, a comma the next one.

A closing quote takes itself back, because it is counted with the octets inside strings.
"""

DEPTHS = _table(_DEPTHS)
NUMERIC = _table(dict.fromkeys((b"-", b".", *(bytes([digit]) for digit in b"0123456789")), 1)).astype(bool)
EXPONENT = _table({b"e": 1, b"E": 1}).astype(bool)


def document_bytes(
    octets: Octets,
    offsets: Integers,
    kind: str,
    settle: Callable[[str], int],
    settle_number: Callable[[str], int],
) -> Measured:
    r"""Returns the size of each JSON document of a column.

    Args:
        octets: The texts one after another, as PostgreSQL writes jsonb: valid, no name twice.
        offsets: Where each text starts, and the end of the last.
        kind: M or L; a document of another kind is refused.
        settle: Gives the size of a document that flat passes cannot: `\u` escapes, exponents, more than
            64 KB, maybe a name without text. It raises ValueError where the document is refused.
        settle_number: The same for one number, see `workbench.model.columnar.decimal_bytes`.

    Source: dg-capacity-units, local-item-size
    """
    rows = _Rows(octets, offsets)
    size_bytes = rows.lengths + rows.tokens()
    numbers = decimal_bytes(rows.numbers(), settle_number)
    at = rows.row_of_number
    size_bytes += np.bincount(at, numbers.size_bytes, len(size_bytes)).astype(np.int64)
    measured = settled(size_bytes, rows.odd, rows.text, settle)
    refused = measured.refused | rows.too_deep()
    refused[at[numbers.refused]] = True
    refused[rows.odd] = measured.refused[rows.odd]
    refused |= octets[offsets[:-1]] != FIRST[kind]
    return Measured(np.where(refused, 0, measured.size_bytes), refused)


def _outside_strings(quotes: Integers, length: int) -> Integers:
    """Returns the places outside strings, closing quotes included.

    Args:
        quotes: The places of all quotes that open or close a string.
        length: Length of the text.
    """
    starts, ends = np.concatenate([[0], quotes[1::2]]), np.concatenate([quotes[0::2], [length]])
    lengths = ends - starts
    after = np.cumsum(lengths)
    places: Integers = np.repeat(starts - after + lengths, lengths) + np.arange(after[-1])
    return places


class _Rows:
    """The octets of documents outside their strings, and where each document begins among them."""

    def __init__(self, octets: Octets, offsets: Integers) -> None:
        self._octets, self._offsets = octets, offsets
        quotes = octets == QUOTE
        self.odd = np.diff(offsets) > MAX_NAME_BYTES
        escapes = self._unescape(quotes)
        kept = _outside_strings(np.flatnonzero(quotes), len(octets))
        self.outside = octets[kept]
        self.bounds = np.searchsorted(kept, offsets)
        self.lengths = np.diff(offsets) - np.diff(self.bounds) - escapes
        self._mark(np.flatnonzero((octets[:-2] == QUOTE) & (octets[1:-1] == QUOTE) & (octets[2:] == COLON)))

    def _row_of(self, places: Integers) -> Integers:
        return np.searchsorted(self._offsets, places, side="right") - 1

    def _mark(self, places: Integers) -> None:
        self.odd[self._row_of(places)] = True

    def _unescape(self, quotes: Flags) -> Integers:
        """Takes escaped quotes out; returns how many escapes each row has."""
        (places,) = np.nonzero(self._octets == BACKSLASH)
        if not len(places):
            return np.zeros(len(self._offsets) - 1, np.int64)
        runs = np.flatnonzero(np.diff(places, prepend=-2) != 1)
        nth = np.arange(len(places)) - np.repeat(runs, np.diff(runs, append=len(places)))
        escaping = places[nth % 2 == 0]
        quotes[escaping + 1] = False
        self._mark(escaping[self._octets[escaping + 1] == LETTER_U])
        return np.bincount(self._row_of(escaping), minlength=len(self._offsets) - 1)

    def tokens(self) -> Integers:
        """Returns what brackets, commas and words add to each row, less its quotes [bytes]."""
        sums = np.concatenate([[0], np.cumsum(WEIGHTS[self.outside], dtype=np.int64)])
        depths = DEPTHS[self.outside]
        (empty,) = np.nonzero((depths[:-1] == 1) & (depths[1:] == _CLOSING))
        before = np.searchsorted(empty, self.bounds)
        added: Integers = np.diff(sums[self.bounds]) - np.diff(before)
        return added

    def numbers(self) -> Spans:
        """Returns the numbers; rows with an exponent become odd."""
        numeric = NUMERIC[self.outside]
        self._mark_exponents(numeric)
        edges = np.flatnonzero(np.diff(numeric, prepend=False, append=False))
        starts, ends = edges[0::2], edges[1::2]
        self.row_of_number = np.searchsorted(self.bounds, starts, side="right") - 1
        return Spans(self.outside, starts, ends)

    def _mark_exponents(self, numeric: Flags) -> None:
        (places,) = np.nonzero(numeric[:-1] & EXPONENT[self.outside[1:]])
        self.odd[np.searchsorted(self.bounds, places, side="right") - 1] = True

    def too_deep(self) -> Flags:
        """Returns the rows whose maps and lists are nested deeper than DynamoDB takes them."""
        depths = np.cumsum(DEPTHS[self.outside], dtype=np.int64)
        deep = np.zeros(len(self._offsets) - 1, np.bool_)
        places = np.flatnonzero(depths > MAX_NESTING)
        deep[np.searchsorted(self.bounds, places, side="right") - 1] = True
        return deep

    def text(self, row: int) -> str:
        """Returns one of the documents."""
        return self._octets[self._offsets[row] : self._offsets[row + 1]].tobytes().decode()
