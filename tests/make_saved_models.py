"""Write the saved models of `data/saved_models`, which later versions must load.

    python tests/make_saved_models.py [folder]

The files there are those of the version that they name; a version that changes what is
written adds its own to them, and replaces none.
"""

import json
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline

import skseisfp
from skseisfp.ensemble import (
    EventThresholdClassifierCV,
    EventVoteClassifier,
    MultiViewClassifier,
)
from skseisfp.events import attach_events
from skseisfp.inference import EventDiscriminator, PickingPolicy
from skseisfp.io import WaveformReader
from skseisfp.neural import FingerprintClassifier
from skseisfp.preprocessing import FilterAugmenter, FingerprintTransformer
from skseisfp.sweep import ExperimentPlan, ResultCube, SweepSearchCV

SAVED = Path(__file__).parent / "data" / "saved_models"
RATE, N_EVENTS, N_STATIONS = 20.0, 12, 2
# parameters of today that the classes in the file "before" had not
ADDED = {
    "FilterAugmenter": ["method"],
    "FingerprintTransformer": ["view_tolerance"],
}


def make_records():
    """Return records of two classes, their labels and events."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(N_EVENTS), N_STATIONS)
    y = np.where(groups % 2, "explosion", "earthquake")
    time = np.arange(160) / RATE - 2
    frequency = np.where(groups % 2, 2.0, 5.0)[:, None] * rng.uniform(
        0.8, 1.2, (len(groups), 1)
    )
    X = np.where(time > 0, np.sin(2 * np.pi * frequency * time) * np.exp(-time), 0)
    X = 100 * X + rng.normal(0, 10, X.shape)
    return X.round().astype(np.float32), y, groups


def fingerprints(**settings):
    """Return a transformer to small fingerprints."""
    settings = {"shape": (16, 16), "n_coefficients": 20} | settings
    return FingerprintTransformer(sampling_rate=RATE, **settings)


def flat(classifier):
    """Return a pipeline of a classifier of flat fingerprints."""
    return make_pipeline(fingerprints(flatten=True), classifier)


MODELS = {
    "forest": lambda: flat(RandomForestClassifier(3, max_leaf_nodes=4, random_state=0)),
    "network": lambda: make_pipeline(
        fingerprints(),
        FingerprintClassifier(
            module__conv1_n_filters=2,
            module__conv2_n_filters=4,
            max_epochs=4,
            device="cpu",
            random_state=0,
        ),
    ),
    "votes": lambda: EventVoteClassifier(flat(LogisticRegression())),
    "threshold": lambda: EventThresholdClassifierCV(
        flat(LogisticRegression()), cv=StratifiedGroupKFold(2)
    ),
    "discriminator": lambda: EventDiscriminator(
        flat(LogisticRegression()), sampling_rate=RATE, cv=StratifiedGroupKFold(2)
    ),
    "policies": lambda: EventDiscriminator(
        flat(LogisticRegression()),
        reader=WaveformReader(
            components="Z", sampling_rate=RATE, window=(-2, 6), align="P"
        ),
        picking=PickingPolicy(modes="manual", missing="stations", threshold=5.0),
        cv=StratifiedGroupKFold(2),
    ),
    "before": lambda: make_pipeline(
        FilterAugmenter(sampling_rate=RATE, shifts=(0, -1)),
        fingerprints(flatten=True),
        MultiViewClassifier(LogisticRegression()),
    ),
}


def predict(model, X, groups):
    """Return labels and probabilities of records."""
    events = {"groups": groups} if hasattr(model, "vote") else {}
    return {
        "labels": model.predict(X, **events).tolist(),
        "probabilities": model.predict_proba(X, **events).tolist(),
    }


def make_cube(X, y):
    """Return the results of a small search."""
    plan = ExperimentPlan({"logisticregression__C": [0.1, 1.0, 10.0]})
    search = SweepSearchCV(
        flat(LogisticRegression()), plan, cv=StratifiedGroupKFold(2), scoring="accuracy"
    )
    return ResultCube.from_search(search.fit(X, y))


def without_added(path):
    """Remove what classes have gained from a file, as older versions wrote it."""
    with ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(content["schema.json"])
    remove_parameters(schema, ADDED)
    content["schema.json"] = json.dumps(schema).encode()
    with ZipFile(path, "w") as archive:
        for name, part in content.items():
            archive.writestr(name, part)


def remove_parameters(schema, removed):
    """Remove parameters from a schema of skops, by the names of their classes."""
    left = [schema]
    while left:
        node = left.pop()
        left.extend(node if isinstance(node, list) else node.values())
        left = [part for part in left if isinstance(part, (dict, list))]
        if not (isinstance(node, dict) and node.get("__class__") in removed):
            continue
        if node["__loader__"] == "ObjectNode":
            attributes = node["content"]["content"]
            kinds = node["content"]["key_types"]["content"]
            for name in removed[node["__class__"]]:
                del kinds[list(attributes).index(name)]
                del attributes[name]


def compress(path):
    """Write a file again, a twentieth of its size."""
    with ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for name, part in content.items():
            archive.writestr(name, part)


def main(folder):
    """Write all files, their records and what they predict for these."""
    folder.mkdir(parents=True, exist_ok=True)
    X, labels, groups = make_records()
    y = attach_events(labels, groups)
    figures = {}
    for name, make in MODELS.items():
        model, path = make().fit(X, y), folder / f"{name}.skops"
        skseisfp.save(model, path)
        if name == "before":
            without_added(path)
        compress(path)
        figures[name] = predict(model, X, groups)
    cube = make_cube(X, y)
    cube.to_netcdf(folder / "cube.nc")
    figures["cube"] = cube.values().values.tolist()
    np.savez_compressed(folder / "records.npz", X=X, groups=groups)
    (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(*sys.argv[1:]) if sys.argv[1:] else SAVED)
