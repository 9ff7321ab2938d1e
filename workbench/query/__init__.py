"""The query service: flexible, paged queries over a case's tables through one HTTP interface.

A question is what a caller asks, a plan is how the design answers it, a page is a part of the answer.
"""

from workbench.query.settings import ServiceSettings, load_settings

__all__ = ["ServiceSettings", "load_settings"]
