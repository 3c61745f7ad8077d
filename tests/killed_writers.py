"""Writers that are killed at random moments; run by test_atomic.

It prints what happened as JSON: the kills, the files that were broken after them, the
temporary files that the next write did not remove, and by kind of file how many kills
left one, and the highest version that was found. Every process that is killed is a fork
of this one, and writes higher and higher versions of one file, of different sizes.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from itertools import count
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

import skseisfp
from skseisfp.datasets import load_seisbench, make_seismograms, save_seisbench
from skseisfp.plotting import write_report, write_review
from skseisfp.sweep import ExperimentPlan, ResultCube

N_KILLS = 100
N_WRITES = 1.0  # most that a process writes before it is killed, after its first
BUNCH = make_seismograms(8, duration=70, sampling_rate=20, random_state=0)


def make_cube(version):
    """A cube whose scores are its version, and whose size depends on it."""
    return ResultCube.from_table(
        pd.DataFrame(
            {"param_a": a, "param_b": b, "split0_test_score": version}
            for a in (1, 2)
            for b in range(2 + version % 3)
        )
    )


def version_of(cube):
    """The version of a cube, all of whose scores must be equal."""
    (version,) = np.unique(cube.values())
    assert cube.values().shape == (2, 2 + int(version) % 3)
    return int(version)


def write_page(version, path):
    """Write the report of a cube."""
    write_report(make_cube(version), path, title=f"{version}.")


def write_records(version, path):
    """Write a page of records."""
    write_review(BUNCH, path, title=f"{version}.")


def read_page(path):
    """The version in the title of a page that has its end."""
    page = path.read_text("utf-8")
    assert page.rstrip().endswith("</html>")
    return int(page.partition("<title>")[2].partition(".")[0])


def write_plan(version, path):
    """Write a plan."""
    ExperimentPlan({"a": list(range(1 + version % 99))}, name=str(version)).to_toml(
        path
    )


def read_plan(path):
    """The version of a plan."""
    plan = ExperimentPlan.from_toml(path)
    assert len(plan) == 1 + int(plan.name) % 99
    return int(plan.name)


def write_model(version, path):
    """Write a model that was fitted to its version."""
    X = np.arange(4.0)[:, np.newaxis]
    model = DecisionTreeClassifier(random_state=version).fit(X, [0, 0, 1, 1])
    skseisfp.save(model, path)


def read_model(path):
    """The version of a model."""
    return skseisfp.load(path).random_state


def write_set(version, path):
    """Write a set in the place of the old one, which is moved away before."""
    if path.exists():
        away = path.with_name(uuid4().hex)
        path.rename(away)
        shutil.rmtree(away)
    save_seisbench(BUNCH, path, chunk_size=1 + version % 7)


def read_set(path):
    """The version of a set; it may be absent, as it is written to a new place only."""
    if not path.exists():
        return 0
    assert load_seisbench(path).data.shape == BUNCH.data.shape
    return len((path / "chunks").read_text().split())


KINDS = {
    "cube.csv": (lambda k, path: make_cube(k).to_csv(path), ResultCube.from_table),
    "cube.parquet": (
        lambda k, path: make_cube(k).to_parquet(path),
        ResultCube.from_table,
    ),
    "cube.xlsx": (lambda k, path: make_cube(k).to_excel(path), ResultCube.from_table),
    "cube.nc": (lambda k, path: make_cube(k).to_netcdf(path), ResultCube.from_netcdf),
    "report.html": (write_page, read_page),
    "review.html": (write_records, read_page),
    "plan.toml": (write_plan, read_plan),
    "model.skops": (write_model, read_model),
    "set": (write_set, read_set),
}


def write_for_ever(write, path, first, done):
    """Write higher and higher versions, and note each in a pipe."""
    for version in count(first):
        write(version, path)
        os.write(done, b".")


def kill_once(write, path, first, moment):
    """Fork a process that writes, and kill it some time after its first file."""
    begun, done = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            write_for_ever(write, path, first, done)
        finally:  # a writer that fails is not one that was killed
            os._exit(1)
    os.close(done)
    os.read(begun, 1)
    time.sleep(moment)
    os.kill(process, signal.SIGKILL)
    os.close(begun)
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status), f"the writer of {path.name} failed"


def leftovers(folder):
    """Temporary files and folders."""
    return [file.name for file in folder.iterdir() if file.name.endswith(".tmp")]


def time_writes(write, path):
    """Write three versions; return the most seconds of the later ones, and the last."""
    seconds = []
    for version in (1, 2, 3):
        began = time.monotonic()
        write(version, path)
        seconds.append(time.monotonic() - began)
    return max(seconds[1:]), version


def version_in(path, read):
    """Read the version of a file."""
    found = read(path)
    return version_of(found) if isinstance(found, ResultCube) else found


def main(folder):
    """Kill the writers in turn, look at their files, and let each write once more."""
    rng = random.Random(0)
    kinds = {name: (folder / f"of_{name}" / name, *k) for name, k in KINDS.items()}
    times, versions, cut_short = {}, {}, dict.fromkeys(kinds, 0)
    broken, left = [], []
    for name, (path, write, _) in kinds.items():
        path.parent.mkdir()
        times[name], versions[name] = time_writes(write, path)
    for kill in range(N_KILLS):
        name = list(kinds)[kill % len(kinds)]
        path, write, read = kinds[name]
        moment = rng.uniform(0, N_WRITES * times[name])
        kill_once(write, path, versions[name] + 1, moment)
        cut_short[name] += len(leftovers(path.parent)) > 0
        try:
            versions[name] = max(version_in(path, read), versions[name])
        except Exception as error:
            broken.append(f"{name}: {type(error).__name__}: {error}")
    for name, (path, write, _) in kinds.items():
        write(versions[name] + 1, path)
        left += leftovers(path.parent)
    results = {"kills": N_KILLS, "broken": broken, "left": left}
    print(json.dumps(results | {"cut_short": cut_short, "versions": versions}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
