"""A read-through cache before the access layer, in memory or in Redis."""
