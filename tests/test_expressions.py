import numpy as np
import pandas as pd
import pytest

from skseisfp._utils.expressions import evaluate
from skseisfp.io.tables import rows_that_match

TABLE = pd.DataFrame(
    {
        "snr": [1, 2, 3],
        "gap": [1.0, np.nan, 3.0],
        "kind": ["a", "b", "a"],
        "odd name": [1, 2, 3],
        "good": [True, False, True],
        "time": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"], utc=True),
        "class": ["@snr", "`x`", "a & b"],
    }
)


@pytest.mark.parametrize(
    "expression",
    [
        "snr > 1",
        " snr>1\n",
        "snr > 1 & kind == 'a'",
        "(snr > 2) | (kind == 'b')",
        "snr > 1 and not good or kind == 'b'",
        "~good",
        "good",
        "kind in ['a', 'c']",
        "kind not in ('a', 'c')",
        "kind == ['b']",
        "1 < snr <= 2",
        "gap == gap",
        "snr**2 > gap * 2 - -1",
        "snr % 2 == 1 and snr // 2 < 1.5e0 and snr / 2 != 1 and snr + 1 > 0",
        "`odd name` == 2",
        "`class` == '`x`' or `class` == '@snr' or `class` == \"a & b\"",
        "time > '2024-01-01T12:00:00Z'",
        "snr == True",
        "kind == None",
    ],
)
def test_expressions_are_those_of_pandas(expression):
    expected = TABLE.eval(expression.strip(), engine="python")
    np.testing.assert_array_equal(evaluate(TABLE, expression), expected)
    np.testing.assert_array_equal(
        rows_that_match("query", TABLE, expression), np.asarray(expected)
    )


def test_params_are_given_by_name():
    limit, names = 1, ["a"]
    expression = "snr > @limit and kind in @names and `odd name` < @limit + 3"
    expected = TABLE.eval(expression)
    params = {"limit": limit, "names": names, "unused": None}
    np.testing.assert_array_equal(evaluate(TABLE, expression, params), expected)
    assert evaluate(TABLE, "kind == @kind", {"kind": "b"}).tolist() == [0, 1, 0]
    assert evaluate(TABLE, "snr > @x", {"x": np.array([0, 5, 0])}).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("snr > @pd.io.common.os.system('touch x')", "@pd is not in params"),
        ("snr > @limit.real", "an attribute is not allowed"),
        ("snr > @limit.__class__", "an attribute is not allowed"),
        ("snr.__class__", "an attribute is not allowed"),
        ("kind.str.len() > 0", "a call is not allowed"),
        ("__import__('os')", "a call is not allowed"),
        ("sqrt(snr) > 1", "a call is not allowed"),
        ("snr[0]", "an index is not allowed"),
        ("__builtins__", "'__builtins__' is not a column"),
        ("pd", "'pd' is not a column"),
        ("snr > value0", "'value0' is not a column"),
        ("`odd name` > value0", "'value0' is not a column"),
        ("`no such` > 1", "'no such' is not a column"),
        ("snr > @other", "@other is not in params, which has limit"),
        ("snr = 1", "invalid syntax"),
        ("(snr := 1)", "NamedExpr is not allowed"),
        ("lambda: snr", "Lambda is not allowed"),
        ("[x for x in snr]", "ListComp is not allowed"),
        ("snr if good else gap", "IfExp is not allowed"),
        ("f'{snr}' == kind", "JoinedStr is not allowed"),
        ("kind == b'a'", "b'a' is not allowed"),
        ("snr == ...", "Ellipsis is not allowed"),
        ("snr << 9", "LShift is not allowed"),
        ("'a' * 10**10 == kind", "arithmetic of strings"),
        ("'%999999999d' % snr == kind", "arithmetic of strings"),
        ("[1] * 10**10", "arithmetic of strings"),
        ("9**9**9**9**9 > snr", "out of range"),
        ("(9 * 9)**9**9**9 > snr", "out of range"),
        ("snr >", "invalid syntax"),
        ("snr > 1; good", "invalid syntax"),
        ("(" * 500 + "snr" + ")" * 500, "nested"),
        ("", "invalid syntax"),
        (3, "is not a string"),
        ("snr", "it is not a condition"),
        ("1 > 0", "it is not a condition"),
    ],
)
def test_nothing_else_is_evaluated(expression, reason):
    with pytest.raises(
        ValueError, match=r"query .* failed: .*columns are snr"
    ) as found:
        rows_that_match("query", TABLE, expression, {"limit": 1})
    assert reason in str(found.value)


def test_columns_of_one_name_raise():
    table = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(ValueError, match="'a' names several columns"):
        evaluate(table, "a > 1")


def test_deep_expressions_raise_and_do_not_crash():
    for expression in ("-" * 100_000 + "snr", " - ".join(["snr"] * 20_000) + " > 0"):
        with pytest.raises(ValueError, match="failed"):
            rows_that_match("query", TABLE, expression)
