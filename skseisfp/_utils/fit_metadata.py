"""Metadata that an estimator is given in fit, and must be given afterwards, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NOTED = "_given_in_fit"


def forget_given(estimator: Any) -> None:
    """Forget the metadata of an earlier fit, in a `fit` that takes none of them."""
    vars(estimator).pop(_NOTED, None)


def note_given(estimator: Any, metadata: Mapping[str, Any]) -> None:
    """Note which metadata an estimator is given in fit; None stands for not given."""
    given = [name for name, values in metadata.items() if values is not None]
    setattr(estimator, _NOTED, given)


def check_given(estimator: Any, method: str, metadata: Mapping[str, Any]) -> None:
    """Raise if metadata were given in fit and are not now, or the reverse.

    Parameters
    ----------
    estimator : estimator
        The estimator; one that noted nothing in fit takes any metadata.
    method : str
        Name of the method that is called.
    metadata : mapping
        Values by name, None for those that are not given.

    Raises
    ------
    ValueError
        If they are not those of fit; the message names the requests that pass them.
    """
    noted = vars(estimator).get(_NOTED)
    if noted is None:
        return
    for name, values in metadata.items():
        if (name in noted) != (values is not None):
            raise ValueError(_message(estimator, method, name, name in noted))


def _message(estimator, method, name, in_fit):
    """Return the message: the fault, and the requests that avoid it."""
    transforms = method == "transform"
    fit = "fit_transform" if transforms else "fit"
    with_, without = (fit, method) if in_fit else (method, fit)
    requests = [f"set_{method}_request({name}=True)"]
    if not transforms:
        requests.insert(0, f"set_fit_request({name}=True)")
    return (
        f"{type(estimator).__name__} was given {name} in {with_} and not in {without}, "
        f"so that it would not be the same model. Give {name} to both or to neither. "
        "Pipelines and searches pass it on with metadata routing: "
        "sklearn.set_config(enable_metadata_routing=True), and "
        f"{'.'.join(requests)} of this estimator. Scorers pass no {name} on to the "
        "predictions: where one scores, transform the records before, or take records "
        "that have P at the same time (skseisfp.signal.cut_windows, or references that "
        'WaveformReader(align="P") reads), without this argument.'
    )
