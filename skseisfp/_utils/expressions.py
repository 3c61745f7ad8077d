"""Conditions on the columns of a table, which evaluate columns and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

# strings stay; names in backticks and after @ are of columns and params; & and | bind
# less than comparisons, as in pandas
PARTS = re.compile(
    r"""(?P<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
    r"|`(?P<column>[^`\n]+)`|@(?P<param>[^\W\d]\w*)|(?P<operator>[&|])"
)
OPERATORS = {"&": " and ", "|": " or "}
VALUES = (ast.Expression, ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple)
LOGIC = (ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.Invert, ast.USub)
EQUALITY = (ast.Compare, ast.Eq, ast.NotEq, ast.In, ast.NotIn)
ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
ARITHMETIC = (ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod)
ALLOWED = (*VALUES, *LOGIC, *EQUALITY, *ORDER, *ARITHMETIC, ast.Pow)
CONSTANTS = str | int | float | None  # bool is an int
NAMED = {  # nodes that users write most, in messages
    ast.Call: "a call",
    ast.Attribute: "an attribute",
    ast.Subscript: "an index",
}
RULE = "a condition has columns, numbers, strings, lists, params as @name and operators"


def evaluate(
    frame: pd.DataFrame, expression: str, params: Mapping[str, Any] | None = None
) -> Any:
    """Evaluate an expression on the columns of a table.

    Parameters
    ----------
    frame : DataFrame
        The table.
    expression : str
        Comparisons, ``in``, ``and``, ``or``, ``not`` and arithmetic, in the syntax of
        :meth:`pandas.DataFrame.eval`; without calls, attributes and indices.
    params : dict, default=None
        Values of the names that ``@`` precedes.

    Returns
    -------
    Series or scalar
        What pandas makes of it.

    Raises
    ------
    ValueError
        If anything else is in the expression, or a name is unknown.
    SyntaxError
        If it is not an expression.
    """
    if not isinstance(expression, str):
        raise ValueError("it is not a string")
    names = _Names(frame, params or {}, expression)
    tree = ast.parse(PARTS.sub(names.replace, expression).strip(), mode="eval")
    for node in ast.walk(tree):
        if not isinstance(node, ALLOWED):
            what = NAMED.get(type(node), type(node).__name__)
            raise ValueError(f"{what} is not allowed: {RULE}")
        if isinstance(node, ast.Constant) and not isinstance(node.value, CONSTANTS):
            raise ValueError(f"{node.value!r} is not allowed: {RULE}")
        if isinstance(node, ast.Name):
            node.id = names.find(node.id)
        elif isinstance(node, ast.BinOp):
            _check_arithmetic(node)
    # only names that were given here are left, and no function
    return pd.eval(
        ast.unparse(tree), engine="python", local_dict=names.values, global_dict={}
    )


class _Names:
    """Columns and params under names that an expression can hold."""

    def __init__(self, frame, params, expression):
        self.frame, self.params = frame, params
        self.prefix = "value"
        while self.prefix in expression:
            self.prefix += "_"
        self.values: dict[str, Any] = {}
        self.known: dict[str, str] = {}

    def replace(self, match):
        """Return a part of the expression as Python reads it."""
        kind = match.lastgroup
        if kind == "operator":
            return OPERATORS[match[0]]
        if kind == "column":
            return self._column(match["column"])
        if kind == "param":
            return self._param(match["param"])
        return match[0]

    def find(self, name):
        """Return the name under which the value of a name is known."""
        return name if name in self.values else self._column(name)

    def _column(self, name):
        if name not in self.frame:
            raise ValueError(f"{name!r} is not a column")
        if self.frame.columns.tolist().count(name) > 1:
            raise ValueError(f"{name!r} names several columns")
        return self._put(f"column {name}", self.frame[name])

    def _param(self, name):
        if name not in self.params:
            known = ", ".join(map(str, self.params)) or "none"
            raise ValueError(f"@{name} is not in params, which has {known}")
        return self._put(f"param {name}", self.params[name])

    def _put(self, key, value):
        if key not in self.known:
            self.known[key] = f"{self.prefix}{len(self.known)}"
            self.values[self.known[key]] = value
        return self.known[key]


def _check_arithmetic(node):
    """Raise for arithmetic that is none of columns, and can be of any size."""
    for side in (node.left, node.right):
        value = side.value if isinstance(side, ast.Constant) else 0
        if isinstance(side, (ast.List, ast.Tuple)) or isinstance(value, str):
            raise ValueError("arithmetic of strings and lists is not allowed")
    if isinstance(node.op, ast.Pow):
        for part in ast.walk(node):  # whole numbers grow without bound
            if isinstance(part, ast.Constant) and type(part.value) is int:
                part.value = float(part.value)
