"""Private names of scikit-learn, skorch and Optuna, each with the reason for it.

Nothing else in the package may import them. Tried with scikit-learn 1.7 to 1.9, skorch
1.4 and Optuna 5.0.
"""

# The public `_parameter_constraints` of scikit-learn's own estimators are written with
# these; there is no public way to declare or to read them.
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    make_constraint,
)
from sklearn.utils._param_validation import _Constraint as Constraint

__all__ = [
    "Constraint",
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "Options",
    "StrOptions",
    "make_constraint",
]
