"""Forged files of discriminators: an error that names them, and nothing else."""

import json
import re

import hostile_models
import numpy as np
import pytest
from hostile_models import (
    add,
    at,
    attribute,
    change,
    forged,
    header,
    list_of,
    nodes,
    of_type,
    put,
    replace,
    value_of,
    zip_of,
)
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.pipeline import make_pipeline
from test_event_discriminator import RATE, make_records

import skseisfp
from skseisfp.inference import EventDiscriminator, PickingPolicy
from skseisfp.io import WaveformReader
from skseisfp.preprocessing import FingerprintTransformer

pytest.importorskip("skops", reason="skops is not installed (extra deploy)")

NAN, INF = float("nan"), float("inf")
HOSTILE = {}


def hostile(name, reason):
    """Register a function that forges a file, with the reason for an error."""

    def register(forge):
        HOSTILE[name] = forge, reason
        return forge

    return register


def numbers(*values):
    return list_of(*map(value_of, values), kind="tuple")


def dict_of(**items):
    keys = [of_type("builtins", "str") for _ in items]
    return of_type(
        "builtins", "dict", "DictNode", content=items, key_types=list_of(*keys)
    )


FUNCTION = of_type("numpy", "add", "FunctionNode")
KIND = of_type("builtins", "float")
FACTS = {
    "kind": [value_of("sounds"), value_of(3), FUNCTION],
    "record_shape": [
        value_of(400),
        numbers(),
        numbers(0),
        numbers(-400),
        numbers(400.0),
        numbers(True),
        numbers(10**30),
        list_of(value_of(400)),
        numbers(5000, 400),
        numbers(300),
    ],
    "sampling_rate": [
        *map(value_of, (NAN, INF, -20.0, 0, "20", True, 10**400, 40.0)),
        list_of(value_of(20.0)),
        FUNCTION,
        KIND,
    ],
    "components": [
        *map(value_of, ("", "Z" * 5000, "ZNE", 3)),
        list_of(value_of("Z")),
    ],
    "units": [value_of("nm"), value_of(None), value_of(1), list_of(), FUNCTION],
    "align": [value_of("S"), value_of(0), list_of()],
    "window": [
        value_of(20.0),
        numbers(-5.0),
        numbers(27.0, -5.0),
        numbers(NAN, 5.0),
        numbers(-5.0, INF),
        numbers("-5", "27"),
        numbers(*range(5000)),
    ],
    "picking": [value_of("all"), dict_of(modes=FUNCTION), list_of()],
    "ranges": [
        value_of(None),
        dict_of(peak=numbers(2.0, 1.0)),
        dict_of(peak=numbers(NAN, 1.0)),
        dict_of(peak=numbers(1.0)),
        dict_of(peak=value_of(1.0)),
        dict_of(colour=numbers(1.0, 2.0)),
        dict_of(peak=FUNCTION),
    ],
    "least_snr_db": [*map(value_of, (NAN, INF, "3", True)), FUNCTION],
    "n_records": [*map(value_of, (-1, 1.5, NAN, "72", 71, 10**400)), FUNCTION],
    "events": [
        value_of(24),
        dict_of(blast=value_of(-1), quake=value_of(12)),
        dict_of(blast=value_of(1.5), quake=value_of(12)),
        dict_of(blast=value_of(12), noise=value_of(12)),
        dict_of(blast=value_of(12)),
        dict_of(),
    ],
    "digests": [dict_of(), dict_of(records=value_of("a")), value_of("a")],
    "folds": [value_of(5), dict_of(n=FUNCTION)],
    "scores": [
        value_of(0.9),
        dict_of(accuracy=value_of(0.9)),
        dict_of(accuracy=numbers(0.9, 0.8)),
        dict_of(accuracy=numbers("0.9", 0.8, 1.0)),
    ],
    "versions": [value_of("1"), dict_of(numpy=value_of(2)), dict_of(numpy=FUNCTION)],
}
CAUSES = {
    ("record_shape", 8): "components of the input contract must be 5000",
    ("record_shape", 9): "must be record_shape_ of FingerprintTransformer",
    ("sampling_rate", 7): "has sampling_rate=20 Hz, but the records have 40 Hz",
    ("components", 1): "components of the input contract must be 1",
    ("components", 2): "components of the input contract must be 1",
    ("n_records", 4): "held_out_scores_ must be floats of shape",
    ("events", 3): "has the classes blast, quake; .* is of blast, noise",
    ("events", 4): "has the classes blast, quake; .* is of blast",
    ("events", 5): "has the classes blast, quake; the input contract is of",
}

for fact, values in FACTS.items():
    for number, value in enumerate(values):
        cause = CAUSES.get((fact, number), f"{fact} of the input contract must be")

        @hostile(f"contract {fact} {number}", cause)
        def a_fact(members, schema, fact=fact, value=value):
            replace(at(schema, "contract_"), fact, value)


@hostile("contract without a fact", "contract|not was written|'units'|record_shape")
def a_missing_fact(members, schema):
    state = at(schema, "contract_")["content"]
    place = list(state["content"]).index("record_shape")
    del state["content"]["record_shape"]
    del state["key_types"]["content"][place]


@hostile("contract with another fact", "'colour' of InputContract")
def an_unknown_fact(members, schema):
    add(at(schema, "contract_"), "colour", value_of("red"))


for name, value in {
    "a dict": dict_of(),
    "a string": value_of("contract"),
    "nothing": value_of(None),
    "a function": FUNCTION,
}.items():

    @hostile(f"contract is {name}", "contract_ must be an InputContract")
    def no_contract(members, schema, value=value):
        replace(schema, "contract_", value)


@hostile("contract hides a method", "hides that of its class|not trusted|does not know")
def a_hidden_method(members, schema):
    add(at(schema, "contract_"), "check_shape", FUNCTION)


THRESHOLDS = [*map(value_of, (NAN, -0.5, 2.0, "0.5", True, None)), FUNCTION, list_of()]
for number, value in enumerate(THRESHOLDS):

    @hostile(f"threshold {number}", "reject_threshold_ must be")
    def a_threshold(members, schema, value=value):
        replace(schema, "reject_threshold_", value)


ARRAYS = {
    "of no length": np.zeros(0),
    "of another length": np.zeros(7),
    "of two axes": np.zeros((3, 3)),
    "of NaN": np.full(3, np.nan),
    "of infinity": np.full(3, np.inf),
    "of integers": np.zeros(3, int),
    "of strings": np.array(["a", "b", "c"]),
    "a large one": np.zeros(10**6),
}
for name, array in ARRAYS.items():

    @hostile(f"calibration {name}", "event_calibration_ must be")
    def a_calibration(members, schema, array=array):
        put(members, at(schema, "event_calibration_"), array)


for number, value in enumerate([value_of(0.5), FUNCTION, list_of()]):

    @hostile(f"thresholds of classes {number}", "class_thresholds_ must be")
    def class_thresholds(members, schema, value=value):
        replace(schema, "class_thresholds_", value)


for name, array in ARRAYS.items():
    if name not in ("of NaN", "of infinity"):

        @hostile(f"held-out scores {name}", "held_out_scores_ must be floats of shape")
        def held_out_scores(members, schema, array=array):
            put(members, at(schema, "held_out_scores_"), array)


@hostile("calibration is a function", "event_calibration_ must be floats")
def a_calibration_that_is_called(members, schema):
    replace(schema, "event_calibration_", FUNCTION)


@hostile("calibration without end", "is not an array|of shape")
def a_huge_calibration(members, schema):
    node = at(schema, "event_calibration_")
    members[node["file"]] = header((2**50,)) + bytes(64)


PARAMETERS = {
    "vote": [value_of("loud"), value_of(1), FUNCTION],
    "min_stations": [value_of(0), value_of(NAN), value_of(2.5)],
    "max_error": [value_of(NAN), value_of(1.5), FUNCTION],
    "confidence_level": [value_of(2.0)],
    "error_of": [value_of("events"), FUNCTION],
    "p_arrival": [value_of(-1.0), FUNCTION],
    "calibration": [value_of("platt")],
    "reader": [value_of("reader"), FUNCTION],
    "picking": [value_of("manual"), dict_of(modes=value_of("all"))],
}
for parameter, values in PARAMETERS.items():
    for number, value in enumerate(values):

        @hostile(f"parameter {parameter} {number}", f"{parameter} must be")
        def a_parameter(members, schema, parameter=parameter, value=value):
            replace(schema, parameter, value)


@hostile("threshold of onsets", "threshold must be")
def a_threshold_of_onsets(members, schema):
    replace(at(schema, "picking"), "threshold", value_of(NAN))


@hostile("policy of onsets without end", "search must be")
def a_search_without_end(members, schema):
    replace(at(schema, "picking"), "search", value_of(1e300))


@hostile("window of the reader", "window must be")
def a_window_of_the_reader(members, schema):
    replace(at(schema, "reader"), "window", numbers(0.0, 1e12))


@hostile("a command as reader", "not trusted: posix.system")
def a_command(members, schema):
    replace(schema, "reader", of_type("posix", "system", "FunctionNode"))


@hostile("a command in the contract", "not trusted: posix.system")
def a_command_in_the_contract(members, schema):
    command = of_type("posix", "system", "FunctionNode")
    replace(at(schema, "contract_"), "units", command)


for name, labels in {"other": ["a", "b"], "more": ["blast", "c", "quake"]}.items():

    @hostile(f"{name} classes", "estimator_ has the classes")
    def other_classes(members, schema, labels=labels):
        for node in nodes(at(schema, "estimator_")):
            if node.get("__class__") == "ExtraTreesClassifier":
                array = attribute(node, "classes_")
                array["content"] = [value_of(label) for label in labels]
                array["shape"] = numbers(len(labels))


@hostile("no classifier", "estimator_ must be a fitted classifier")
def no_classifier(members, schema):
    replace(schema, "estimator_", value_of(None))


@hostile("a policy as classifier", "estimator_ must be a fitted classifier")
def a_policy_as_classifier(members, schema):
    replace(schema, "estimator_", at(schema, "picking"))


@hostile("contract in a circle", "in a circle|differ")
def a_circle(members, schema):
    contract = at(schema, "contract_")
    contract["__id__"] = 1
    circle = of_type("builtins", "str", "CachedNode", __id__=1)
    replace(contract, "picking", dict_of(a=circle))


@hostile("discriminator in itself", "in a circle|differ")
def a_discriminator_in_itself(members, schema):
    schema["__id__"] = 1
    circle = of_type("builtins", "str", "CachedNode", __id__=1)
    replace(schema, "estimator_", circle)


for name, (field, place, value, reason) in {
    "a child that is missing": ("right_child", 0, 10**6, "out of range"),
    "a negative child": ("left_child", 0, -5, "out of range"),
    "a child of itself": ("left_child", 0, 0, "before its parent"),
    "a feature that is missing": ("feature", 0, 10**6, "not one of"),
}.items():

    @hostile(f"tree with {name}", reason)
    def a_tree(members, schema, field=field, place=place, value=value):
        tree = next(node for node in nodes(schema) if node.get("__class__") == "Tree")
        change(members, attribute(tree, "nodes"), (field, place), value)


@hostile("no note", "lacks skseisfp.json")
def no_note(members, schema):
    del members["skseisfp.json"]


for number, note in enumerate([b"", b"[]", b'{"format": 1}', b"[" * 10**5]):

    @hostile(f"note {number}", "was not written by")
    def another_note(members, schema, note=note):
        members["skseisfp.json"] = note


@hostile("other bytes", "Bad CRC-32|Bad magic|not a zip archive")
def other_bytes(members, schema):
    data = zip_of(members)
    place = data.index(b"\x93NUMPY") + 100
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


@pytest.fixture(scope="module", name="sound")
def save_a_sound_file(tmp_path_factory):
    """The bytes of a file that can be loaded."""
    pipeline = make_pipeline(
        FingerprintTransformer(
            sampling_rate=RATE, shape=(16, 16), n_coefficients=30, flatten=True
        ),
        ExtraTreesClassifier(1, max_depth=3, random_state=0),
    )
    reader = WaveformReader(
        components="Z", sampling_rate=RATE, window=(-5, 15), align="P"
    )
    model = EventDiscriminator(
        pipeline, reader=reader, picking=PickingPolicy(), max_error=0.3
    )
    path = tmp_path_factory.mktemp("sound") / "model.skops"
    skseisfp.save(model.fit(make_records()), path)
    return path.read_bytes()


@pytest.fixture(scope="module", name="results")
def load_all(sound, tmp_path_factory):
    """What happened to a process that loads each of the hostile files."""
    files = {name: forged(sound, forge) for name, (forge, _) in HOSTILE.items()}
    return hostile_models.load_each(tmp_path_factory.mktemp("hostile"), files)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_forged_file_is_an_error_that_names_it(name, results):
    result = results[name]
    assert result["error"] == "ValueError", result
    assert result["file"] in result["message"]
    # older versions of skops do not trust the functions of NumPy in the first place
    fair = rf"{HOSTILE[name][1]}|types that are not trusted: numpy\.add"
    assert re.search(fair, result["message"]), result
    assert result["kilobytes"] < 2 * hostile_models.MOST_BYTES / 1024


def test_no_code_of_a_file_runs(results):
    assert results["left"] == []


def test_a_card_of_the_note_is_never_that_of_the_model(sound, tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(forged(sound, lambda *_: None))
    card = skseisfp.load(path).model_card()
    for other in ("# Confirmed: no errors", 3, {"a": 1}, None):

        def forge(members, schema, other=other):
            note = json.loads(members["skseisfp.json"]) | {"model_card": other}
            members["skseisfp.json"] = json.dumps(note).encode()

        path.write_bytes(forged(sound, forge))
        assert skseisfp.load(path).model_card() == card


def test_the_sound_file_predicts(sound, tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(forged(sound, lambda *_: None))
    table = skseisfp.load(path).predict_events(make_records())
    assert len(table) == 24
