"""The classifiers that commands train: a forest or a network, with their steps."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from inspect import signature
from typing import Any

from ._arguments import count, positive
from ._outcome import UsageError

FOREST = {  # as the study and the benchmarks have it, not tuned
    "min_samples_leaf": 3,
    "max_features": 0.05,
    "class_weight": "balanced",
}
KINDS = ("forest", "network")
MODULE = "classifier__module__"


def add_classifier(parser: argparse.ArgumentParser) -> None:
    """Add the arguments on the classifier."""
    group = parser.add_argument_group("classifier")
    group.add_argument(
        "--classifier",
        choices=KINDS,
        help="extra trees on a 16 x 16 log-scalogram, or a network on fingerprints "
        "(default: forest, or what the parameters of a plan belong to)",
    )
    group.add_argument("--seed", type=int, default=0, help="default: 0")
    group.add_argument(
        "--f-min",
        type=positive,
        default=1.0,
        metavar="HZ",
        help="lowest frequency (default: 1)",
    )
    group.add_argument(
        "--f-max",
        type=positive,
        metavar="HZ",
        help="highest frequency (default: 0.4 of the sampling rate)",
    )
    group.add_argument("--n-trees", type=count, default=300, help="default: 300")
    group.add_argument("--max-epochs", type=count, default=30, help="default: 30")


def make_planned_pipeline(
    options: argparse.Namespace, names: Collection[str], sampling_rate: float
) -> Any:
    """Return a pipeline that has the parameters of some names.

    Without ``--classifier`` it is a network if only this has them; one of layers that
    only an image has takes images.

    Raises
    ------
    UsageError
        If only the other classifier has them.
    """
    kinds = (options.classifier,) if options.classifier else KINDS
    for kind in (*kinds, *KINDS):
        pipeline = make_pipeline(options, sampling_rate, kind=kind)
        if not (missing := _missing(pipeline, names)):
            break
    else:
        return make_pipeline(options, sampling_rate)  # the plan names what is wrong
    if kind not in kinds:
        missing = _missing(make_pipeline(options, sampling_rate), names)
        raise UsageError(
            f"--classifier {options.classifier} has no parameter {missing[0]}; give "
            f"--classifier {kind}."
        )
    if kind == "network" and "fingerprint__flatten" not in names:
        pipeline.set_params(fingerprint__flatten=not _is_of_images(names))
    return pipeline


def _missing(pipeline, names):
    """Return the names of which a pipeline has no parameter."""
    params = pipeline.get_params()
    has_module = "classifier__module" in params
    return [
        name
        for name in names
        if name not in params and not (has_module and name.startswith(MODULE))
    ]


def _is_of_images(names):
    """Return whether names are of layers that the network of flat rows lacks."""
    from ..neural import FingerprintMLP

    own = signature(FingerprintMLP).parameters
    layers = {name.removeprefix(MODULE) for name in names if name.startswith(MODULE)}
    return not layers <= own.keys()


def make_pipeline(
    options: argparse.Namespace, sampling_rate: float, *, kind: str | None = None
) -> Any:
    """Return the pipeline; its last step is called ``classifier``."""
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.pipeline import Pipeline

    band = {
        "sampling_rate": sampling_rate,
        "f_min": options.f_min,
        "f_max": options.f_max,
    }
    if (kind or options.classifier) == "network":
        from ..neural import FingerprintClassifier
        from ..preprocessing import FingerprintTransformer

        network = FingerprintClassifier(
            max_epochs=options.max_epochs, random_state=options.seed
        )
        fingerprint = FingerprintTransformer(flatten=True, **band)
        return Pipeline([("fingerprint", fingerprint), ("classifier", network)])
    from ..inference.image_rows import ImageRows
    from ..preprocessing import ScalogramTransformer

    forest = ExtraTreesClassifier(options.n_trees, random_state=options.seed, **FOREST)
    return Pipeline(
        [
            ("scalogram", ScalogramTransformer(shape=(16, 16), **band)),
            ("rows", ImageRows()),
            ("classifier", forest),
        ]
    )
