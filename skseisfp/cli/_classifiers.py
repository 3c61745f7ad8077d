"""The classifiers that commands train: a forest or a network, with their steps."""

from __future__ import annotations

import argparse
from typing import Any

from ._arguments import count, positive

FOREST = {  # as the study and the benchmarks have it, not tuned
    "min_samples_leaf": 3,
    "max_features": 0.05,
    "class_weight": "balanced",
}


def add_classifier(parser: argparse.ArgumentParser) -> None:
    """Add the arguments on the classifier."""
    group = parser.add_argument_group("classifier")
    group.add_argument(
        "--classifier",
        choices=("forest", "network"),
        default="forest",
        help="extra trees on a 16 x 16 log-scalogram, or a network on fingerprints "
        "(default: forest)",
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


def make_pipeline(options: argparse.Namespace, sampling_rate: float) -> Any:
    """Return the pipeline; its last step is called ``classifier``."""
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.pipeline import Pipeline

    band = {
        "sampling_rate": sampling_rate,
        "f_min": options.f_min,
        "f_max": options.f_max,
    }
    if options.classifier == "network":
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
