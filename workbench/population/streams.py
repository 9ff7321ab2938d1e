"""One random stream a column, so that a new column changes no other."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, *path: str) -> np.random.Generator:
    """Returns the generator of random numbers of a path such as table, column, purpose."""
    name = "/".join(path).encode()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name), len(name)])))
