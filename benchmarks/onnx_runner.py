"""Fingerprints, probabilities, size and time of exported classifiers.

The runner that `export_onnx` writes is compared with the package on the records of
``pnw`` (one component, 40 Hz) and ``france`` (three components, 100 Hz), or on
generated ones where there are no real records. The classifiers are trained shortly, on
the same records: their scores do not count here. Bars: no bit of a fingerprint differs,
probabilities differ by 1e-5 at most, a model has 1 MB at most, and a record takes 5 ms
at most on one processor, one record at a time, flags included. The command fails where
one is missed.

The fingerprints of the page that `write_demo` writes are computed by Node, where it is
installed, in double precision: the share of their bits that are those of the package.

Run: SKSEISFP_DATA=FOLDER python benchmarks/onnx_runner.py
"""

import json
import os
import shutil
import subprocess
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

import skseisfp
from skseisfp import (
    FingerprintClassifier,
    FingerprintTransformer,
    load_records,
    make_seismograms,
)
from skseisfp.inference import EventDiscriminator, export_onnx

MOST_DIFFERENCE, MOST_BYTES, MOST_MS = 1e-5, 2**20, 5.0
N_TIMED = 200  # records
SCRIPT = Path(skseisfp.__file__).parent / "inference" / "_demo" / "fingerprint.js"
PROGRAM = """
const Fingerprint = require(process.argv[1]);
const { settings, records } = JSON.parse(require("fs").readFileSync(0));
const plan = Fingerprint.makePlan(settings);
const start = process.hrtime.bigint();
const found = records.map((record) => {
  const traces = record.map((trace) => Float64Array.from(trace));
  return Array.from(Fingerprint.fingerprint(traces, settings, plan).values);
});
const ms = Number(process.hrtime.bigint() - start) / 1e6 / records.length;
process.stdout.write(JSON.stringify({ found, ms }));
"""


def make_models(rate):
    """Return pipelines by name."""
    network = {"max_epochs": 2, "random_state": 0, "device": "cpu"}
    trees = ExtraTreesClassifier(100, min_samples_leaf=5, random_state=0)
    flat = {"sampling_rate": rate, "flatten": True}
    narrow = {**network, "module__hidden_sizes": (16,)}
    return {
        "convolutional network": make_pipeline(
            FingerprintTransformer(sampling_rate=rate), FingerprintClassifier(**network)
        ),
        "fully connected network": make_pipeline(
            FingerprintTransformer(**flat), FingerprintClassifier(**narrow)
        ),
        "forest": make_pipeline(FingerprintTransformer(**flat), trees),
        "logistic regression": make_pipeline(
            FingerprintTransformer(**flat), LogisticRegression(C=0.01)
        ),
    }


def make_sets():
    """Return bunches by name."""
    folder = os.environ.get("SKSEISFP_DATA")
    if folder is None:
        return {"generated": make_seismograms(200, random_state=0)}
    return {name: load_records(Path(folder) / name) for name in ("pnw", "france")}


def load_runner(folder):
    """Return the runner of a folder."""
    spec = spec_from_file_location("run_fingerprint", folder / "run_fingerprint.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Runner()


def time_records(runner, X):
    """Return the milliseconds of a record, one at a time: median and 95 % quantile."""
    times = []
    for record in X[:N_TIMED]:
        start = time.process_time()
        runner.predict(record[None])
        times.append(1e3 * (time.process_time() - start))
    return np.quantile(times, [0.5, 0.95])


def measure(name, kind, estimator, X):
    """Print the figures of an estimator, and return whether all bars are kept."""
    pipeline = getattr(estimator, "estimator_", estimator)
    with TemporaryDirectory() as new, threadpool_limits(1):
        folder = export_onnx(estimator, Path(new) / "export")
        size = (folder / "model.onnx").stat().st_size
        runner = load_runner(folder)
        bits = int((runner.fingerprints(X) != pipeline[0].transform(X)).sum())
        groups = {"groups": "records"} if pipeline is not estimator else {}
        expected = estimator.predict_proba(X, **groups)
        difference = np.abs(runner.predict_proba(X) - expected).max()
        median, most = time_records(runner, X)
    print(
        f"{name:10} {kind:38} {len(X):7d} {bits:5d} {difference:10.1e} "
        f"{size / 1e3:8.0f} {median:6.2f} {most:6.2f}"
    )
    kept = (bits == 0, difference <= MOST_DIFFERENCE, size <= MOST_BYTES)
    return all(kept) and median <= MOST_MS


def measure_script(name, pipeline, X):
    """Print the figures of the fingerprints in JavaScript; return whether all agree."""
    X = X[:N_TIMED]
    with TemporaryDirectory() as new:
        folder = export_onnx(pipeline, Path(new) / "export")
        settings = json.loads((folder / "fingerprint.json").read_text())
    records = X.reshape(len(X), -1, X.shape[-1]).astype(float).tolist()
    done = subprocess.run(
        ["node", "-e", PROGRAM, str(SCRIPT)],
        input=json.dumps({"settings": settings["fingerprint"], "records": records}),
        capture_output=True,
        text=True,
        check=True,
    )
    result = json.loads(done.stdout)
    expected = pipeline[0].transform(X)
    found = np.array(result["found"]).reshape(expected.shape)
    share = (found == expected).mean()
    print(
        f"{name:10} JavaScript: {share:.4%} of {found.size} values equal in {len(X)} "
        f"records, {result['ms']:.0f} ms a record"
    )
    return bool(share == 1)


def main():
    print(
        f"{'records':10} {'classifier':38} {'number':>7} {'bits':>5} "
        f"{'difference':>10} {'kB':>8} {'ms':>6} {'95 %':>6}"
    )
    kept = []
    for name, bunch in make_sets().items():
        X, y = bunch.data, np.asarray(bunch.target)
        for kind, pipeline in make_models(bunch.sampling_rate).items():
            kept.append(measure(name, kind, pipeline.fit(X, y), X))
            if name != "france":  # of nine events, of which five hold every class
                discriminator = EventDiscriminator(pipeline, cv=2, random_state=0)
                fitted = discriminator.fit({**bunch, "data": X})
                kept.append(measure(name, f"discriminator, {kind}", fitted, X))
        if shutil.which("node") is not None:
            kept.append(measure_script(name, pipeline, X))
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
