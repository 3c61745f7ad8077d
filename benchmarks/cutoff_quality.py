"""How close the automatic cut-off comes to the best one, on records with known truth.

Truth: records of a folder that `load_records` reads, with an event at least 20 dB
above the noise before it, in the full band; their own noise is then at least as far
below the added noise. Noise: the noise before another event at the same station,
extended to the length of the record by random phases, its rms scaled to 0.25 to 10
times the peak of the truth. Oracle: the cut-off of least squared error over the whole
record, for the same filter and in the same range as the estimate. No case is left out;
"recoverable" are those in which the oracle brings the error 3 dB below the signal: in
all others it is best to cut away everything, or nearly so.

In most cases it is best to cut everything, so that a high hit rate alone shows no
skill. The row "cut everything", a filter at the upper limit of the range, is in every
block, and the last column is how much more often than it a method is within half an
octave, paired by case. Intervals are 95 % bootstraps over events.

The thresholds are those with the best mean of two hit rates, for all cases and for
the recoverable ones, on one half of events and stations; the tables are for the other
half, for all cases, and for synthetic records.

Of `pnw` the records with doubtful labels are left out, as everywhere.

Run: python benchmarks/cutoff_quality.py [--data FOLDER] [--draws N] [--out CSV]
"""

import argparse
import os
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import fft

from skseisfp.datasets import load_records, make_seismograms
from skseisfp.signal import (
    cutoff_range,
    detrend_records,
    estimate_cutoffs,
    highpass,
    highpass_gain,
)
from skseisfp.signal.arrivals import arrival_samples

RATIOS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
THRESHOLDS = {
    "window": (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5),
    "stationarity": (3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 7.0),
}
NOISE_SECONDS = 19.0
EVENT_SECONDS = (-1.0, 18.0)
TRUTH_SNR_DB = 20.0
GRID_STEPS = 300
RECOVERABLE_DB = 3.0
WITHIN_OCTAVES = 0.5
EVERYTHING = "cut everything"
PNW_QUERY = "label_confidence != 'low'"


def find_truth(bunch):
    """Rows of the records that serve as truth, and the noise before every event."""
    rate = bunch.sampling_rate
    noise = detrend_records(bunch.data[:, : int(NOISE_SECONDS * rate)])
    p = arrival_samples(bunch.frame["p_arrival"].fillna(25), rate)
    window = np.arange(*(int(second * rate) for second in EVENT_SECONDS))
    rows = p.astype(int)[:, None] + window
    rows = np.clip(rows, int(NOISE_SECONDS * rate), bunch.data.shape[1] - 1)
    event = np.take_along_axis(bunch.data.astype(float), rows, axis=1)
    snr_db = 10 * np.log10(event.var(axis=1) / noise.var(axis=1))
    return np.flatnonzero(snr_db >= TRUTH_SNR_DB), noise


def extend_noise(segment, n_samples, rng):
    """Make noise of unit rms with the spectrum of a segment and random phases."""
    n_fft = 4 * len(segment)
    power = np.abs(fft.rfft(segment * np.hanning(len(segment)), n_fft)) ** 2
    power = np.interp(fft.rfftfreq(n_samples), fft.rfftfreq(n_fft), power)
    phases = np.exp(2j * np.pi * rng.random(len(power)))
    phases[0] = 0.0
    noise = fft.irfft(np.sqrt(power) * phases, n_samples)
    return noise / noise.std()


def add_noise(bunch, ratios, seed):
    """Add noise of other events at the station; return records, truth and a table."""
    rng = np.random.default_rng(seed)
    truth_rows, noise = find_truth(bunch)
    cases, noises = [], []
    for row in truth_rows:
        same_station = bunch.stations == bunch.stations[row]
        donors = np.flatnonzero(same_station & (bunch.groups != bunch.groups[row]))
        for ratio in ratios if len(donors) else ():
            noises.append(
                extend_noise(noise[rng.choice(donors)], bunch.data.shape[1], rng)
            )
            cases.append((row, ratio, bunch.groups[row], bunch.stations[row]))
    table = pd.DataFrame(cases, columns=["row", "ratio", "event", "station"])
    truth = bunch.data[table["row"]].astype(float)
    peak = np.abs(truth).max(axis=1, keepdims=True)
    return truth + table["ratio"].to_numpy()[:, None] * peak * noises, truth, table


def sine_series(records):
    """Spectrum of records less the line through their ends: their odd continuation."""
    ends = np.linspace(records[:, 0], records[:, -1], records.shape[1], axis=1)
    return fft.dst((records - ends)[:, 1:-1], type=1, norm="ortho")


def find_oracle(records, truth, sampling_rate):
    """Cut-off of least squared error, and the signal-to-error ratio there in dB."""
    n_samples = records.shape[1]
    grid = np.geomspace(
        *cutoff_range(n_samples, sampling_rate=sampling_rate), GRID_STEPS
    )
    frequencies = np.arange(1, n_samples - 1) * sampling_rate / (2 * n_samples - 2)
    gain = highpass_gain(frequencies, grid, sampling_rate=sampling_rate)
    noisy, clean = sine_series(records), sine_series(truth)
    signal = (clean**2).sum(axis=1)
    error = noisy**2 @ (gain**2).T - 2 * (noisy * clean) @ gain.T + signal[:, None]
    return grid[error.argmin(axis=1)], 10 * np.log10(signal / error.min(axis=1))


def squared_error(records, truth, cutoffs, sampling_rate):
    """Squared error of filtered records."""
    filtered = highpass(records, cutoffs, sampling_rate=sampling_rate)
    return ((filtered - truth) ** 2).sum(axis=1)


def judge(records, truth, table, sampling_rate, methods):
    """Add oracle, estimates, distances in octaves and regrets in dB to a table."""
    table["oracle"], table["best_db"] = find_oracle(records, truth, sampling_rate)
    least = squared_error(records, truth, table["oracle"], sampling_rate)
    for name, estimate in methods.items():
        cutoffs = estimate(records, table)
        error = squared_error(records, truth, cutoffs, sampling_rate)
        table[f"{name}: octaves"] = np.log2(cutoffs / table["oracle"])
        table[f"{name}: regret"] = 10 * np.log10(error / least)
    return table


def make_method(sampling_rate, p_arrival=None, **parameters):
    """Make a function of records and their table that estimates cut-offs."""

    def estimate(records, table):
        known = None if p_arrival is None else p_arrival[table["row"]]
        return estimate_cutoffs(
            records, sampling_rate=sampling_rate, p_arrival=known, **parameters
        )["cutoff"]

    return estimate


def make_methods(sampling_rate):
    """Make the methods that are compared on all records."""
    return {
        "window": make_method(sampling_rate, statistic="window"),
        "stationarity": make_method(sampling_rate, statistic="stationarity"),
        "fixed 2 Hz": lambda records, table: np.full(len(records), 2.0),
        EVERYTHING: partial(cut_everything, sampling_rate),
    }


def cut_everything(sampling_rate, records, table):
    """Return the upper limit of the range of cut-offs for all records."""
    highest = cutoff_range(records.shape[1], sampling_rate=sampling_rate)[1]
    return np.full(len(records), highest)


def halves(table, seed=0):
    """Return for each case whether event and station are in half A, B, or mixed."""
    rng = np.random.default_rng(seed)
    in_a = []
    for column in ("event", "station"):
        units = np.sort(table[column].unique())
        in_a.append(table[column].isin(rng.permutation(units)[: len(units) // 2]))
    return np.select([in_a[0] & in_a[1], ~in_a[0] & ~in_a[1]], ["A", "B"], "mixed")


def event_interval(hits, events, n_resamples=2000, seed=0):
    """Mean in % with its 95 % interval from a bootstrap that draws whole events."""
    by_event = hits.groupby(np.asarray(events)).agg(["sum", "size"]).to_numpy()
    n_events = len(by_event)
    draws = np.random.default_rng(seed).multinomial(
        n_events, np.full(n_events, 1 / n_events), n_resamples
    )
    sums, sizes = (draws @ by_event).T
    low, high = np.quantile(sums / sizes, [0.025, 0.975])
    return f"{100 * hits.mean():5.1f} [{100 * low:.0f}, {100 * high:.0f}]"


def hit(table, name):
    """Return for each case whether a method is within half an octave of the oracle."""
    return (table[f"{name}: octaves"].abs() <= WITHIN_OCTAVES).astype(int)


def summarise(table, name):
    """Count the cases, the hits within half an octave and the regret of a method."""
    regret = table[f"{name}: regret"]
    hits, gain = hit(table, name), hit(table, name) - hit(table, EVERYTHING)
    return {
        "cases": len(table),
        "events": table["event"].nunique(),
        "within 1/2 octave, %": event_interval(hits, table["event"]),
        "regret dB, median": round(regret.median(), 3),
        "p90": round(regret.quantile(0.9), 2),
        "mean": round(regret.mean(), 3),
        f"above {EVERYTHING}, %": event_interval(gain, table["event"]),
    }


def split_recoverable(table):
    """Take all cases, and those in which a high-pass filter can help."""
    recoverable = table["best_db"] > RECOVERABLE_DB
    return {"all": table, "recoverable": table[recoverable]}


def report(title, table, names):
    """Print a table with a row per method, for all and for recoverable cases."""
    rows = {
        (part, name): summarise(cases, name)
        for part, cases in split_recoverable(table).items()
        for name in names
    }
    print(f"\n{title}\n{pd.DataFrame(rows).T.to_string()}")


def report_ratios(title, table, name):
    """Print a table with two rows per ratio of noise to signal."""
    rows = {
        (part, ratio, method): summarise(cases, method)
        for part, chosen in split_recoverable(table).items()
        for ratio, cases in chosen.groupby("ratio")
        for method in (name, EVERYTHING)
    }
    print(f"\n{title}\n{pd.DataFrame(rows).T.to_string()}")


def scan_thresholds(records, truth, table, sampling_rate):
    """Print the quality of all thresholds, and the best of each statistic."""
    for statistic, thresholds in THRESHOLDS.items():
        methods = {
            f"{statistic} {threshold:g}": make_method(
                sampling_rate, statistic=statistic, threshold=threshold
            )
            for threshold in thresholds
        }
        peers = methods | {EVERYTHING: partial(cut_everything, sampling_rate)}
        scan = judge(records, truth, table.copy(), sampling_rate, peers)
        recoverable = scan["best_db"] > RECOVERABLE_DB
        hits = pd.DataFrame({name: hit(scan, name) for name in methods})
        best = (hits.mean() + hits[recoverable].mean()).idxmax()
        report(f"Half A: the best threshold is {best}", scan, peers)


def make_cases(bunch, draws, ratios=RATIOS):
    """Make all cases of several draws of the noise, with the half they are in."""
    parts = [add_noise(bunch, ratios, seed) for seed in range(draws)]
    records, truth, tables = zip(*parts, strict=True)
    table = pd.concat(tables, ignore_index=True)
    table["half"] = halves(table)
    return np.concatenate(records), np.concatenate(truth), table


def run_real(bunch, draws):
    """Score the methods on real records with real noise; return all cases."""
    rate = bunch.sampling_rate
    records, truth, table = make_cases(bunch, draws)
    in_a = (table["half"] == "A").to_numpy()
    scan_thresholds(records[in_a], truth[in_a], table[in_a], rate)
    p_arrival = bunch.frame["p_arrival"].to_numpy() - 1
    p_arrival[p_arrival < 0] = np.nan
    methods = make_methods(rate)
    methods["window, arrival known"] = make_method(rate, p_arrival)
    table = judge(records, truth, table, rate, methods)
    report("Half B, real noise", table[table["half"] == "B"], methods)
    report("All cases, real noise", table, methods)
    report_ratios("All cases by noise/signal, window", table, "window")
    return table


def run_synthetic(n_records=240, ratios=RATIOS, seed=0):
    """Score the methods on synthetic records; return the statuses, too."""
    bunch = make_seismograms(n_records, return_clean=True, random_state=seed)
    rate, truth = bunch.sampling_rate, bunch.clean.astype(float)
    noise = bunch.data - truth
    unit = noise * (np.abs(truth).max(axis=1) / noise.std(axis=1))[:, None]
    tables = []
    for ratio in ratios:
        table = pd.DataFrame({"event": bunch.groups, "ratio": ratio})
        records = truth + ratio * unit
        tables.append(judge(records, truth, table, rate, make_methods(rate)))
    status = {
        name: pd.Series(estimate_cutoffs(X, sampling_rate=rate)["status"])
        for name, X in (("noise alone", noise), ("no noise", truth))
    }
    return pd.concat(tables, ignore_index=True), status


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKSEISFP_DATA"))
    parser.add_argument("--draws", type=int, default=2, help="noise draws per case")
    parser.add_argument("--out", type=Path, help="write all cases to this CSV file")
    options = parser.parse_args()
    if options.data:
        bunch = load_records(Path(options.data) / "pnw", query=PNW_QUERY)
        table = run_real(bunch, options.draws)
        if options.out:
            options.out.parent.mkdir(parents=True, exist_ok=True)
            table.to_csv(options.out, index=False)
    table, status = run_synthetic()
    report("Synthetic records", table, make_methods(40.0))
    report_ratios("Synthetic records by noise/signal, window", table, "window")
    for name, values in status.items():
        print(
            f"\nstatus of synthetic records, {name}:", values.value_counts().to_dict()
        )


if __name__ == "__main__":
    main()
