"""What a sweep was made from: plan, data, events, folds, network, versions, date."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv

from .._compat import num_samples
from .._utils.digest import environment
from .._utils.plain import plain
from ..events import event_codes
from ._scoring import describe_scoring
from ._stored_values import string_of

if TYPE_CHECKING:
    from ._stored_values import Digests
    from ._sweep import Sweep

JSON_TYPES = (bool, int, float, str, type(None))


def describe_sweep(search: Any, sweep: Sweep, digests: Digests) -> dict[str, Any]:
    """Return the facts of a sweep, in types of JSON; None is not known."""
    groups = sweep.options["groups"]
    codes = None if groups is None else event_codes(groups)[0]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "plan": _describe_plan(search),
        "estimator": string_of(sweep.estimator),
        "scoring": describe_scoring(search, sweep.scorer),
        "data": _describe_data(sweep, codes, _digest_of(search, sweep.X, digests)),
        "folds": _describe_folds(search.cv, sweep, codes),
        "network": _describe_network(sweep.estimator),
        "versions": environment(),
    }


def warn_of_shared_events(provenance: dict[str, Any]) -> None:
    """Warn if folds share events, whose scores would be too good."""
    folds = provenance["folds"]
    if n_shared := folds["n_shared_events"]:
        warnings.warn(
            f"cv ({folds['splitter']}) puts {n_shared} of "
            f"{provenance['data']['n_events']} events into training and test of one "
            "fold, so that scores are too good for new events. Give "
            "cv=StratifiedGroupKFold(...), and fit(X, y, groups=event_id) where y does "
            "not carry the events.",
            UserWarning,
            stacklevel=7,  # the line that calls fit
        )


def describe_study(description: dict, plan: dict) -> dict[str, Any]:
    """Return the facts that a store has of a sweep without provenance."""
    digest = description.get("digests", {}).get("records")
    return {
        "plan": {"name": plan.get("name")},
        "data": {"digest": digest},
        "folds": {"n_splits": description.get("n_splits")},
        "versions": description.get("versions", {}),
    }


def _describe_plan(search):
    """Return name and ranges of a plan as they were given, and the kind of search."""
    plan = getattr(search, "param_grid", None)
    ranges = getattr(plan, "ranges", {})
    return {
        "name": getattr(plan, "name", None),
        "search": type(search).__name__,
        "ranges": {
            name: given for name, given in ranges.items() if isinstance(given, str)
        },
    }


def _digest_of(search, X, digests):
    """Return the digest of the records, None where it is not known.

    That of references to recordings takes long, and is made for a store only.
    """
    if search.store is None and getattr(getattr(X, "dtype", None), "kind", "") == "O":
        return None
    n_unknown = len(digests.unknown)
    digest = digests.of("X", X)
    return digest if len(digests.unknown) == n_unknown else None


def _describe_data(sweep, codes, digest):
    """Return digest, shape and counts of the records."""
    shape = getattr(sweep.X, "shape", None)
    n_records = num_samples(sweep.X)
    return {
        "digest": digest,
        "shape": None if shape is None else [int(length) for length in shape],
        "dtype": str(sweep.X.dtype) if hasattr(sweep.X, "dtype") else None,
        "n_records": n_records,
        "n_events": None if codes is None else len(np.unique(codes)),
        "classes": _count_classes(sweep.y, codes, sweep.options["classes"]),
    }


def _count_classes(y, codes, classes):
    """Return label, number of events and of records of each class, if there are any."""
    if classes is None:
        return None
    y = np.asarray(y)
    counts = []
    for label in classes:
        of_class = y == label
        n_events = None if codes is None else len(np.unique(codes[of_class]))
        counts.append([str(label), n_events, int(of_class.sum())])
    return counts


def _describe_folds(cv, sweep, codes):
    """Return the splitter, sizes of folds and the number of events on both sides."""
    every = np.arange(num_samples(sweep.X))
    sizes, on_both_sides = [], set()
    for train, test in sweep.splits:
        rows = [every[train], every[test]]
        if codes is None:
            sizes.append([n for side in rows for n in (None, len(side))])
            continue
        events = [set(codes[side].tolist()) for side in rows]
        on_both_sides |= events[0] & events[1]
        both = zip(events, rows, strict=True)
        sizes.append([len(part) for pair in both for part in pair])
    return {
        "splitter": _describe_splitter(cv, sweep),
        "n_splits": len(sweep.splits),
        # events and records of the training, then of the test
        "sizes": sizes,
        "n_shared_events": None if codes is None else len(on_both_sides),
    }


def _describe_splitter(cv: Any, sweep):
    """Return the splitter in words; folds that were listed are not made again."""
    if cv is None or isinstance(cv, Integral):
        number: Any = cv
        cv = check_cv(number, sweep.y, classifier=is_classifier(sweep.estimator))
    return string_of(cv) if hasattr(cv, "split") else "folds given as indices"


def _describe_network(estimator):
    """Return module and architecture of the network of fingerprints, if there is one.

    Its class cannot be there unless torch has been loaded.
    """
    if "torch" not in sys.modules or not hasattr(estimator, "get_params"):
        return None
    from ..neural.parameter_counts import find_network

    classifier, prefix = find_network(estimator)
    if classifier is None:
        return None
    params = classifier.get_params(deep=False)
    module = params.pop("module")
    return {
        "prefix": prefix,
        "module": None if module is None else getattr(module, "__name__", str(module)),
        "architecture": {
            name.removeprefix("module__"): _as_json(value)
            for name, value in params.items()
            if name.startswith("module__")
        },
    }


def _as_json(value):
    """Return a parameter in types of JSON, as a string if there is none."""
    value = plain(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_as_json(item) for item in value]
    return value if isinstance(value, JSON_TYPES) else string_of(value)
