"""Deterministic relational test data, drawn from a declaration, in PostgreSQL's COPY text format."""

from workbench.population.generator import TableData, generate

__all__ = ["TableData", "generate"]
