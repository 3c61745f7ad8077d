"""Event AUC with automatic picks as they come, and without the doubtful ones.

The records are the miniSEED files of ``pnw``, 50 s before to 100 s after the origin,
with an SNR above 6 dB and without labels of low confidence. In each of five folds by
event, extra trees on a 16 x 16 log-scalogram of 5 s before to 27 s after P are fitted
on records at the automatic onsets that come with the set. The events held out go
through `classify_stream`, by one and the same model with five kinds of picks:

- those that come with the set, as a reference;
- the first onset of the whole recording, as `pick_phases` finds it, all of them used,
  also those before the origin;
- of these the ones that are not doubtful: before the origin, or without agreement
  between stations;
- the first onset after the origin, as `classify_stream` finds it, all of them used;
- of these the ones that are not doubtful, its default.

An event without any usable pick has no score, and its picks are not counted. AUC is
given for the events that have a score with this kind of picks, and paired for those
that have one with both kinds. Intervals are of 2000 bootstraps by event.

These events were looked at before: window and band were selected on them, and the
limits of agreement were chosen with them at hand. The model is always trained at the
onsets that come with the set; one that is trained at poor picks may bear them better,
or be worse throughout. The places of stations are not in the set, so that agreement is
within 30 s, whatever the distance. All are hard cases, 36 explosions at most, so that
differences of less than 0.03 cannot be seen. No figure is an estimate for other events.

Run: SKSEISFP_DATA=FOLDER python benchmarks/pick_quality.py [--small]
"""

import argparse
import os
import tarfile
import warnings
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from obspy import Stream
from pnw_discriminator import as_rows
from pnw_protocols import BAND, QUERY, RATE
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skseisfp.inference import classify_stream
from skseisfp.io import WaveformReader, pick_phases
from skseisfp.io.read_waveforms import read_stream
from skseisfp.metrics import bootstrap_interval, paired_bootstrap
from skseisfp.preprocessing import ScalogramTransformer

READER = WaveformReader(
    components="Z", sampling_rate=RATE, window=(-5.0, 27.0), align="P"
)
POSITIVE = "explosion"
BOOTSTRAP = {"n_resamples": 2000, "random_state": 0}
REFERENCE = "picks of the set"
# picks and what is done with the doubtful ones
KINDS = {
    REFERENCE: ("set", "keep"),
    "whole recording, as they come": ("first", "keep"),
    "whole recording, doubtful left out": ("first", "reject"),
    "after the origin, as they come": (None, "keep"),
    "after the origin, doubtful left out": (None, "reject"),
}
PAIRS = [
    ("whole recording, doubtful left out", "whole recording, as they come"),
    ("after the origin, doubtful left out", "after the origin, as they come"),
    ("after the origin, doubtful left out", "whole recording, as they come"),
    (REFERENCE, "after the origin, doubtful left out"),
]


def load(folder):
    """Return the table of records, and the recordings of each event as a Stream."""
    table = pd.read_csv(Path(folder) / "pnw/metadata.csv").query(QUERY)
    table["origin_time"] = pd.to_datetime(table["origin_time_utc"], utc=True)
    wanted, streams = set(table["record_id"]), {}
    with (
        TemporaryDirectory() as place,
        tarfile.open(Path(folder) / "pnw/mseed.tar") as archive,
    ):
        archive.extractall(place, filter="data")
        for file in sorted(Path(place).glob("*.mseed")):
            event_id, _, rest = file.name.partition("_")
            if f"{event_id}_{'.'.join(rest.split('.')[:3])}" in wanted:
                stream = streams.setdefault(event_id, Stream())
                stream += read_stream(file)
    return table, streams


def picks_of_set(table):
    """Return the automatic onsets that come with the set as picks."""
    known = table[table["p_sample_auto"] >= 0]
    late = (known["p_sample_auto"] - known["origin_sample"]) / RATE
    return pd.DataFrame(
        {
            "event_id": known["event_id"],
            "station": known["station"],
            "phase": "P",
            "time": known["origin_time"] + pd.to_timedelta(late, "s"),
        }
    )


def first_onsets(streams):
    """Return the first onset of each whole recording as a pick of a machine."""
    tables = [pick_phases(part, event_id=name) for name, part in streams.items()]
    return pd.concat(tables, ignore_index=True).assign(evaluation_mode="automatic")


def make_model(n_trees, seed):
    """Return the classifier of records, not fitted."""
    return make_pipeline(
        ScalogramTransformer(sampling_rate=RATE, shape=(16, 16), **BAND),
        FunctionTransformer(as_rows),
        ExtraTreesClassifier(
            n_trees,
            min_samples_leaf=3,
            max_features=0.05,
            class_weight="balanced",
            random_state=seed,
        ),
    )


def classify(model, stream, event, picks, doubtful_picks):
    """Return the score of an event and the states of its picks; NaN without record."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            result = classify_stream(
                model,
                stream,
                READER,
                events=event,
                picks=picks,
                doubtful_picks=doubtful_picks,
            )
    except ValueError as error:
        if not str(error).startswith("No record was taken"):
            raise
        return np.nan, [], 0
    scores = result.events[f"score_{POSITIVE}"].to_numpy()
    return float(scores[0]), result.picks["status"].tolist(), len(result.stations)


def evaluate(streams, events, picks, options, seed):
    """Return scores of held-out events by kind of picks, picks by state, and records.

    Parameters
    ----------
    streams : dict of Stream
        Recordings by event.
    events : DataFrame
        Origin times and labels by event.
    picks : dict of DataFrame
        Picks by kind.
    options : Namespace
        `splits` and `trees`.
    seed : int
        Of folds and trees.
    """
    bunch = READER.read(
        list(streams.values()),
        events=events.reset_index(),
        picks=picks["set"],
        groups=list(streams),
    )
    y = np.asarray(bunch.target)
    scores = pd.DataFrame(np.nan, index=events.index, columns=list(KINDS))
    states, n_records = {name: Counter() for name in KINDS}, Counter()
    splitter = StratifiedGroupKFold(options.splits, shuffle=True, random_state=seed)
    names = events.index.to_numpy()
    for train, test in splitter.split(names, events["event_type"], names):
        rows = np.isin(bunch.groups, names[train])
        model = make_model(options.trees, seed).fit(bunch.data[rows], y[rows])
        for event_id in names[test]:
            event = events.loc[[event_id], ["origin_time"]].reset_index()
            for name, (kind, doubtful) in KINDS.items():
                given = None if kind is None else picks[kind]
                if given is not None:
                    given = given[given["event_id"] == event_id]
                    if given.empty:
                        continue
                found = classify(model, streams[event_id], event, given, doubtful)
                scores.loc[event_id, name] = found[0]
                states[name].update(found[1])
                n_records[name] += found[2]
    return scores, states, n_records


def report(scores, labels, states, n_records):
    """Return the lines of the figures."""
    y = (labels == POSITIVE).to_numpy(int)
    names = scores.index.to_numpy()
    width = max(map(len, KINDS))
    lines = [
        f"{'event AUC':{width}}   [95 %]              events (expl.)  records, P picks"
    ]
    for name in KINDS:
        known = scores[name].notna().to_numpy()
        values = y[known], scores[name].to_numpy()[known], names[known]
        interval = bootstrap_interval(*values, **BOOTSTRAP)
        lines.append(
            f"{name:{width}}   {interval!s:20}  {known.sum():4d} ({y[known].sum():2d})"
            f"    {n_records[name]:5d}  {dict(states[name].most_common())}"
        )
    lines.append("differences of AUC, of the events that both have")
    for first, second in PAIRS:
        known = scores[[first, second]].notna().all(axis=1).to_numpy()
        values = (scores[name].to_numpy()[known] for name in (first, second))
        interval = paired_bootstrap(y[known], *values, names[known], **BOOTSTRAP)
        lines.append(f"{first}\n  minus {second}: {interval} ({known.sum()} events)")
    return "\n".join(lines)


def main():
    """Evaluate all seeds, write the page and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKSEISFP_DATA"))
    parser.add_argument("--splits", type=int, default=5, help="number of folds")
    parser.add_argument("--trees", type=int, default=300)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--small", action="store_true", help="one seed, 100 trees")
    parser.add_argument("--results", type=Path, default=Path("results/pick_quality"))
    options = parser.parse_args()
    if not options.data:
        parser.error("set SKSEISFP_DATA or give --data FOLDER")
    if options.small:
        options.seeds, options.trees = options.seeds[:1], 100
    table, streams = load(options.data)
    events = table.groupby("event_id")[["origin_time", "event_type"]].first()
    events = events.loc[list(streams)]
    picks = {"set": picks_of_set(table), "first": first_onsets(streams)}
    counts = events["event_type"].value_counts().to_dict()
    early = picks["first"].merge(events["origin_time"], on="event_id")
    early = early["time"] < early["origin_time"]
    page = [
        f"{len(table)} records; events: {counts}; of {len(early)} first onsets "
        f"{early.sum()} are before the origin",
        "These events were looked at before; no figure is an estimate for others.",
    ]
    for seed in options.seeds:
        found = evaluate(streams, events, picks, options, seed)
        scores, *numbers = found
        page.append(f"seed {seed}\n{report(scores, events['event_type'], *numbers)}")
    text = "\n\n".join(page)
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / "summary.txt").write_text(f"{text}\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
