"""The order processor: users, balances, assets and orders, with invariants that hold under contention."""
