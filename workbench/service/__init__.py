"""What every HTTP service of a case has in common: keys, limits, refusals, metrics, documentation, server."""
