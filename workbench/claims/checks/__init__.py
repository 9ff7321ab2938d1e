"""The checks that claims are judged by, by name; importing this package registers all of them."""

from workbench.claims.checks import arithmetic, design, linted, prices, service, traffic
from workbench.claims.evidence import registered

__all__ = ["CHECKS", "arithmetic", "design", "linted", "prices", "service", "traffic"]

CHECKS = registered()
"""Name of a check to its function."""
