"""Transformers and functions of arrays, with hostile arrays and parameters."""

import inspect

import numpy as np

from skseisfp import preprocessing, signal
from skseisfp.preprocessing import select_by_snr, stack_stations

from .hostile_values import VALUES, drawn_array, drawn_name, make_array

TRANSFORMERS = {
    name: getattr(preprocessing, name)
    for name in preprocessing.__all__
    if inspect.isclass(getattr(preprocessing, name))
}
RATE = 40.0  # Hz: of most inputs, so that others are not all wrong
FUNCTIONS = {
    "encode": signal.encode,
    "decode": signal.decode,
    "pack_fingerprints": signal.pack_fingerprints,
    "unpack_fingerprints": signal.unpack_fingerprints,
    "haar2d": signal.haar2d,
    "inverse_haar2d": signal.inverse_haar2d,
    "highpass": signal.highpass,
    "bandpass": signal.bandpass,
    "sta_lta": signal.sta_lta,
    "pick_onsets": signal.pick_onsets,
    "estimate_cutoffs": signal.estimate_cutoffs,
    "cut_windows": signal.cut_windows,
    "snr": signal.snr,
    "stack_stations": stack_stations,
    "select_by_snr": select_by_snr,
}
ENCODINGS = ("presence", "positive", "two_channel", "signed", "interleaved")
VALID = {  # of parameters that have no default, or one that suits few inputs
    "encoding": "signed",
    "cutoffs": 1.0,
    "sampling_rate": RATE,
    "p_arrival": 5.0,
    "sta": 0.5,
    "lta": 5.0,
    "threshold": 1.0,
    "y": [0, 1, 0, 1, 0, 1],
    "groups": [0, 0, 1, 1, 2, 2],
    "before": 1.0,
    "after": 2.0,
    "shape": (16, 16),
}


def _transformer(rng, seeds, only=None):
    """Draw a transformer, its parameters and its arrays."""
    names = sorted(TRANSFORMERS) if only is None else only
    name = names[int(rng.integers(len(names)))]
    parameters = sorted(inspect.signature(TRANSFORMERS[name]).parameters)
    chosen = {}
    for _ in range(int(rng.integers(0, 4))):
        parameter = parameters[int(rng.integers(len(parameters)))]
        if parameter != "n_jobs":
            chosen[parameter] = drawn_name(rng)
    options = {"name": name, "parameters": chosen, "X": drawn_array(rng)}
    if rng.random() < 0.3:
        options["other"] = drawn_array(rng)
    if rng.random() < 0.3:
        options["p_arrival"] = drawn_name(rng, endless=False)
    return {}, options


def _run_transformer(case, folder):
    options = case.options
    kind = TRANSFORMERS[options["name"]]
    given = {"sampling_rate": RATE} if "sampling_rate" in _parameters(kind) else {}
    given |= {name: VALUES[value] for name, value in options["parameters"].items()}
    transformer = kind(**given)
    X = make_array(options["X"])
    extra = {}
    transform = getattr(kind, "transform", kind)
    if "p_arrival" in options and "p_arrival" in _parameters(transform):
        extra["p_arrival"] = VALUES[options["p_arrival"]]
    if not hasattr(kind, "transform"):  # WaveformAugmenter, which is called by batches
        transformer.augment(X, np.random.default_rng(0))
        transformer.center(np.asarray(X))
        return
    in_fit = extra if "p_arrival" in _parameters(kind.fit) else {}
    transformer.fit(X, **in_fit)
    found = transformer.transform(X, **extra)
    if hasattr(transformer, "get_feature_names_out"):
        transformer.get_feature_names_out()
    _check_finite(found, options)
    if "other" in options:
        transformer.transform(make_array(options["other"]), **extra)


def _check_finite(found, options):
    """Raise if a transformer has made values that are no numbers out of numbers."""
    found = np.asarray(found)
    policy = options["name"] == "PhysicsFeatures"  # which has NaN where undefined
    if not policy and found.dtype.kind == "f" and not np.isfinite(found).all():
        raise AssertionError("the result is not finite, though the records are")


def _parameters(kind):
    """Return the names of the parameters of a class or function."""
    return list(inspect.signature(kind).parameters)


def _transformer_names(case):
    """Return the names of which a fair message has one."""
    kind = TRANSFORMERS[case.options["name"]]
    return [*_parameters(kind), "p_arrival", *ARRAYS]


# what messages call the arrays
ARRAYS = (
    *("X", "y", "record", "records", "samples", "features", "input array", "2D array"),
    *(
        "data",
        "array",
        "fingerprints",
        "images",
        "coefficients",
        "planes",
        "traces",
        "packed",
    ),
)


def _function(rng, seeds):
    """Draw a function, an array and parameters."""
    name = sorted(FUNCTIONS)[int(rng.integers(len(FUNCTIONS)))]
    parameters = _parameters(FUNCTIONS[name])[1:]
    chosen = {}
    for _ in range(int(rng.integers(0, 3))):
        parameter = parameters[int(rng.integers(len(parameters)))] if parameters else ""
        if parameter not in ("", "out"):
            chosen[parameter] = drawn_name(rng, endless=False)
    X = drawn_array(rng)
    if name in ("encode", "decode", "haar2d", "inverse_haar2d") and rng.random() < 0.7:
        X["shape"] = [[3, 16, 16], [2, 1, 16, 16], [16, 16], [3, 16, 8]][
            int(rng.integers(4))
        ]
    options = {"name": name, "parameters": chosen, "X": X}
    if "encoding" in parameters:
        options["encoding"] = ENCODINGS[int(rng.integers(len(ENCODINGS)))]
    return {}, options


def _run_function(case, folder):
    options = case.options
    function = FUNCTIONS[options["name"]]
    names = inspect.signature(function).parameters
    _, *others = names
    given = {name: VALID[name] for name in others if name in VALID}
    if "encoding" in options:
        given["encoding"] = options["encoding"]
    given |= {name: VALUES[value] for name, value in options["parameters"].items()}
    function(make_array(options["X"]), **given)


def _function_names(case):
    """Return the names of which a fair message has one."""
    return [*_parameters(FUNCTIONS[case.options["name"]]), *ARRAYS]


def _only(*names):
    """Return a function that draws one of some transformers."""
    return lambda rng, seeds: _transformer(rng, seeds, names)


OTHERS = sorted(TRANSFORMERS.keys() - {"FingerprintTransformer", "FilterAugmenter"})
TARGETS = {
    "FingerprintTransformer": (
        *("nothing", _only("FingerprintTransformer")),
        *(_run_transformer, _transformer_names),
    ),
    "FilterAugmenter": (
        *("nothing", _only("FilterAugmenter")),
        *(_run_transformer, _transformer_names),
    ),
    "other transformers": (
        *("nothing", _only(*OTHERS)),
        *(_run_transformer, _transformer_names),
    ),
    "encodings and filters": ("nothing", _function, _run_function, _function_names),
}
