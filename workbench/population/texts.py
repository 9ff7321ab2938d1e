"""Texts of a given size, cut from a pool that is drawn once an alphabet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from workbench.population.streams import stream

Integers = npt.NDArray[np.int64]

POOL_CHARACTERS = 1 << 20

_LATIN = (
    "graph",
    "tree",
    "shortest path",
    "knapsack",
    "two sum",
    "queue",
    "prefix",
    "of",
    "the",
    "with",
    "N",
)
_HANGUL = ("문제", "최단 경로", "동적 계획법", "그래프", "정렬", "이분 탐색", "문자열", "수열", "다리 놓기")
_EMOJI = ("🚀", "🧮", "👩\u200d💻", "🇰🇷", "👍🏽")
_COMBINING = ("cafe\u0301", "nai\u0308ve", "n\u0303", "o\u0302\u0323")
_CODE = (
    "for i in range(n):\n\t",
    "if x < y:\n\t\t",
    "return dp[i][j]\n",
    "print('\\n'.join(out))\n",
    "a[i] += b\n",
    "import sys\n",
    "while q:\n\t",
    "heapq.heappush(q, (d, v))\n",
    "int main() {\n",
    "}\n",
    "# 입력을 읽는다\n",
    "auto [u, w] = e;\n",
)
_DIGITS = ("1 ", "42 ", "-7 ", "1000000 ", "3 5\n", "0\n", "99999 ", "12345678 ")

_UTF8_STEPS = (0x80, 0x800, 0x10000)
"""Code points from which a character takes one more byte in UTF-8."""

_TOKENS = {
    "prose": _LATIN * 6 + _HANGUL * 4 + _EMOJI + _COMBINING,
    "code": _CODE,
    "digits": _DIGITS,
}


@dataclass(frozen=True)
class TextPool:
    """A long text and the byte at which each of its characters starts.

    Args:
        content: The text in UTF-8.
        starts: Offsets of the characters [bytes], with the end of the text as the last.
    """

    content: bytes
    starts: Integers

    def cut(self, sizes_bytes: Integers, places: npt.NDArray[np.float64]) -> list[bytes]:
        """Returns a text for each size: whole characters, at most 3 bytes shorter than asked for.

        Args:
            sizes_bytes: Wanted sizes [bytes], each at most the pool's.
            places: From 0 to below 1, where in the pool each text starts.
        """
        room = len(self.content) - sizes_bytes
        first = self.starts[np.searchsorted(self.starts, (places * room).astype(np.int64), side="right") - 1]
        last = self.starts[np.searchsorted(self.starts, first + sizes_bytes, side="right") - 1]
        content = self.content
        return [content[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True)]


@lru_cache(maxsize=8)
def text_pool(alphabet: str, seed: int) -> TextPool:
    """Returns the pool of an alphabet: prose, code or digits."""
    tokens = _TOKENS[alphabet]
    separator = " " if alphabet == "prose" else ""
    picks = stream(seed, "pool", alphabet).integers(0, len(tokens), size=POOL_CHARACTERS // 4)
    text = separator.join([tokens[pick] for pick in picks.tolist()])[:POOL_CHARACTERS]
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    widths = 1 + np.searchsorted(_UTF8_STEPS, points, side="right")
    return TextPool(text.encode(), np.concatenate([[0], np.cumsum(widths)]))
