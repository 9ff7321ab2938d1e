"""Cost operations: budgets, alarms, what changed between two months, and advice with its saving."""
