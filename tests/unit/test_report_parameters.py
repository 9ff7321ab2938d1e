"""The parameters cell of a notebook, and what is said about values that it does not take."""

import nbformat.v4 as nb
import pytest

from workbench.errors import InputError
from workbench.report.parameters import Parameter, check_parameters, parameters_of


def notebook(source):
    """A notebook with a parameters cell."""
    cell = nb.new_code_cell(source, metadata={"tags": ["parameters"]})
    return nb.new_notebook(cells=[nb.new_code_cell("other = 1"), cell])


DECLARED = parameters_of(notebook('case = "a"  # the case\nusers = 5  # generated users [users]\nrate = 0.5'))


def test_parameters_are_read_with_default_and_help() -> None:
    """Each line of the tagged cell is a parameter with its literal and its comment; other cells are none."""
    assert {
        "case": Parameter("case", "a", "the case"),
        "users": Parameter("users", 5, "generated users [users]"),
        "rate": Parameter("rate", 0.5, ""),
    } == DECLARED


def test_values_of_the_right_type_pass() -> None:
    """A whole number serves where the default is a fraction."""
    check_parameters("x.ipynb", DECLARED, {"case": "b", "users": 7, "rate": 1})


def test_every_wrong_parameter_is_named_at_once() -> None:
    """Unknown names list the allowed ones, wrong types the type; all in one error."""
    with pytest.raises(InputError) as caught:
        check_parameters("x.ipynb", DECLARED, {"user": 7, "users": "7", "rate": True, "zzz": 1})
    messages = {problem.path: str(problem) for problem in caught.value.problems}
    assert messages["parameters.rate"] == (
        "x.ipynb: parameters.rate: wrong type; got True (bool), allowed float. Give a value such as 0.5."
    )
    assert messages["parameters.user"] == (
        "x.ipynb: parameters.user: unknown parameter; got 'user', allowed case, rate, users. "
        "Did you mean `users`?"
    )
    assert messages["parameters.users"] == (
        "x.ipynb: parameters.users: wrong type; got '7' (str), allowed int. Give a value such as 5."
    )
    assert messages["parameters.zzz"] == (
        "x.ipynb: parameters.zzz: unknown parameter; got 'zzz', allowed case, rate, users. "
        "Use one of the allowed names."
    )
    assert len(messages) == 4
