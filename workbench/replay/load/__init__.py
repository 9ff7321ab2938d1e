"""Load on an engine: when requests arrive, what became of each, how sure the numbers are."""
