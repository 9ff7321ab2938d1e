"""The query service: flexible, paged queries over a case's tables through one HTTP interface."""
