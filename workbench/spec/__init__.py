"""What an architect writes: design, workload, mapping and population of a case, as frozen models."""

from workbench.spec.case import Case, load_case

__all__ = ["Case", "load_case"]
