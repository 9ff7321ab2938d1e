"""The rules of the linter, one file each; a file's `RULE` is the rule, its docstring the documentation."""
