"""What became of an input: taken, fairly rejected, or an error that says nothing."""

import re
import traceback
from pathlib import Path
from typing import NamedTuple

import sklearn

import skseisfp

PACKAGE = Path(skseisfp.__file__).parent
# scikit-learn's own validation, which estimators share: its messages name what they got
VALIDATION = Path(sklearn.__file__).parent / "utils"
FAIR = (ValueError, TypeError, OSError)
OUTCOMES = ("taken", "rejected", "crash", "hang", "raw")


class Outcome(NamedTuple):
    """What became of an input.

    Parameters
    ----------
    kind : str
        One of `OUTCOMES`.
    where : str
        Type and place of an error, which those of one cause share.
    text : str
        The traceback.
    """

    kind: str
    where: str = ""
    text: str = ""


def judge(error, names):
    """Return the outcome for an exception.

    Parameters
    ----------
    error : Exception
        What was raised.
    names : sequence of str
        Names of parameters and files; a fair message has one of them.
    """
    frame = traceback.extract_tb(error.__traceback__)[-1]
    file = Path(frame.filename)
    ours = file.is_relative_to(PACKAGE) or file.is_relative_to(VALIDATION)
    ours = ours or (isinstance(error, OSError) and error.filename is not None)
    named = any(re.search(rf"\b{re.escape(name)}\b", str(error)) for name in names)
    text = "".join(traceback.format_exception(error))
    where = f"{type(error).__name__} in {file.parent.name}/{file.name}:{frame.lineno}"
    if isinstance(error, FAIR) and ours and named:
        return Outcome("rejected", where, text)
    inner = [
        item
        for item in traceback.extract_tb(error.__traceback__)
        if Path(item.filename).is_relative_to(PACKAGE)
    ]
    if inner and not file.is_relative_to(PACKAGE):
        place = Path(inner[-1].filename)
        where += f" by {place.parent.name}/{place.name}:{inner[-1].lineno}"
    return Outcome("raw", where, text)
