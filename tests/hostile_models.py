"""Files of models that are damaged or forged, for the tests of `load`.

As a script, `python hostile_models.py FOLDER`: loads every file of a folder, and writes
a line of JSON for each.
"""

import copy
import io
import json
import pickle
import resource
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np

MOST_SECONDS = 30
MOST_BYTES = 2**26  # `max_bytes` of all these files, and more than each of them takes
SPARSE = "scipy.sparse._csr.csr_matrix"
KINDS = {}


def kind(model, reason, name=None):
    """Register a function that forges a file of a model, with the reason for an error.

    The function gets the members of the file and its schema, and may return the bytes
    of the whole file.
    """

    def register(forge):
        KINDS[name or forge.__name__] = (model, forge, reason)
        return forge

    return register


# reading and writing the parts of a file


def members_of(data):
    with ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zip_of(members, compression=ZIP_STORED):
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def forged(data, forge):
    members = members_of(data)
    schema = json.loads(members["schema.json"])
    for node in nodes(schema):
        node.pop("__id__", None)  # which several nodes may share
    result = forge(members, schema)
    if result is not None:
        return result
    members["schema.json"] = json.dumps(schema).encode()
    return zip_of(members)


def nodes(value):
    if isinstance(value, dict):
        if "__loader__" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from nodes(item)


def attribute(node, name):
    """The node of an attribute, or of an item of a list."""
    inner = node["content"] if isinstance(name, int) else node["content"]["content"]
    return inner[name]


def at(node, *names):
    for name in names:
        node = attribute(node, name)
    return node


def replace(node, name, value):
    node["content"]["content"][name] = value


def add(node, name, value):
    state = node["content"]
    state["content"][name] = value
    state["key_types"]["content"].append(of_type("builtins", "str"))


def value_of(value):
    return {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": json.dumps(value),
        "is_json": True,
    }


def of_type(module, name, loader="TypeNode", **content):
    return {"__class__": name, "__module__": module, "__loader__": loader, **content}


def list_of(*items, kind="list"):
    return of_type("builtins", kind, f"{kind.title()}Node", content=list(items))


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def array_of(members, node):
    return np.load(io.BytesIO(members[node["file"]]))


def put(members, node, array):
    members[node["file"]] = npy(array)


def change(members, node, where, value):
    array = array_of(members, node)
    if isinstance(where, tuple):
        array[where[0]][where[1]] = value
    else:
        array[where] = value
    put(members, node, array)


def first_file(schema, ending=".npy"):
    return next(
        node["file"]
        for node in nodes(schema)
        if str(node.get("file", "")).endswith(ending)
    )


def header(shape, descr="<f8"):
    buffer = io.BytesIO()
    layout = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, layout)
    return buffer.getvalue()


class Command:
    """A pickle that makes a file when it is loaded."""

    def __reduce__(self):
        return Path.touch, (Path("hostile"),)


# the zip archive


@kind("linear", "not a zip archive|not was written|damaged")
def a_pickle(members, schema):
    return pickle.dumps(Command())


@kind("linear", "not a zip archive")
def cut_off(members, schema):
    return zip_of(members)[:-200]


@kind("linear", "Bad CRC-32|Bad magic|not a zip archive")
def other_bytes(members, schema):
    data = zip_of(members)
    at = data.index(b"\x93NUMPY") + 100
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


@kind("linear", "lacks schema.json")
def an_empty_archive(members, schema):
    return zip_of({})


@kind("linear", "lacks skseisfp.json")
def no_note(members, schema):
    del members["skseisfp.json"]


for number, note in enumerate(
    [
        b"",
        b"[]",
        b'{"format": 1}',
        b'{"format": 1, "versions": {"skseisfp": 1}}',
        b'{"format": "1", "versions": {"skseisfp": "1"}}',
        b'{"format": 1, "versions": ["skseisfp"]}',
        b"[" * 100_000,
    ]
):

    @kind("linear", "was not written by", f"note_{number}")
    def a_wrong_note(members, schema, note=note):
        members["skseisfp.json"] = note


for path in ("../hostile", "/tmp/hostile.npy", "a/b.npy", "C:\\x.npy", "x.pkl", " "):

    @kind("linear", "save does not write", f"member_{path!r}")
    def a_member_of_another_name(members, schema, path=path):
        members[path] = b"x"


@kind("linear", "twice")
def a_member_twice(members, schema):
    buffer = io.BytesIO(zip_of(members))
    with warnings.catch_warnings(), ZipFile(buffer, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("schema.json", members["schema.json"])
    return buffer.getvalue()


@kind("linear", "compressed or encrypted")
def another_compression(members, schema):
    return zip_of(members, ZIP_BZIP2)


@kind("linear", "compressed or encrypted")
def an_encrypted_member(members, schema):
    data = bytearray(zip_of(members))
    for start in (b"PK\x03\x04", b"PK\x01\x02"):
        place = data.index(start) + (6 if start[2] == 3 else 8)
        data[place] |= 1
    return bytes(data)


@kind("linear", "max_bytes")
def a_bomb(members, schema):
    members[first_file(schema)] = header((2**25,)) + bytes(2**28)
    return zip_of(members, ZIP_DEFLATED)


@kind("linear", "max_bytes")
def a_bomb_of_text(members, schema):
    members["schema.json"] += b" " * 2**28
    return zip_of(members, ZIP_DEFLATED)


@kind("linear", "max_bytes")
def a_schema_of_many_objects(members, schema):
    members["schema.json"] = b"[" + b"[]," * 2**20 + b"[]]"
    return zip_of(members, ZIP_DEFLATED)


@kind("sparse", "max_bytes")
def a_bomb_in_a_sparse_matrix(members, schema):
    bomb = {"data.npy": header((2**25,)) + bytes(2**28)}
    members[first_file(schema, ".npz")] = zip_of(bomb, ZIP_DEFLATED)


# arrays


for name, content in {
    "a huge one": header((2**50,)) + bytes(64),
    "a shape of no bytes": header((2**50,), "|V0"),
    "a negative shape": header((-8,)) + bytes(64),
    "two negative axes": header((-8, -8)) + bytes(512),
    "a short one": header((8,)) + bytes(63),
    "a long one": header((8,)) + bytes(65),
    "a pickle": header((1,), "|O") + pickle.dumps([Command()]),
    "another version": b"\x93NUMPY\x03\x00" + header((8,))[8:] + bytes(64),
    "a header of no end": b"\x93NUMPY\x01\x00\xff\xff",
    "an expression": b"\x93NUMPY\x01\x00\x20\x00" + b"__import__('os').getpid()       ",
    "a zip archive": zip_of({"x.npy": npy(np.zeros(3))}),
    "text": b"text",
    "nothing": b"",
}.items():

    @kind("linear", r"is not an array|of shape|holds objects", f"array_{name}")
    def a_wrong_array(members, schema, content=content):
        members[first_file(schema)] = content


@kind("linear", "lacks 1.npy")
def a_missing_array(members, schema):
    at(schema, "coef_")["file"] = "1.npy"


@kind("linear", "several nodes take")
def an_array_of_many_nodes(members, schema):
    file = first_file(schema)
    for number, node in enumerate(nodes(schema)):
        if "file" in node:
            node["file"], node["__id__"] = file, number


@kind("linear", "numpy.void")
def bytes_of_any_number(members, schema):
    node = at(schema, "coef_")
    node["__class__"] = "void"
    put(members, node, np.array(2**40))


@kind("linear", "an item of an array of objects")
def an_array_that_grows(members, schema):
    coef = copy.deepcopy(at(schema, "coef_"))
    shape = list_of(value_of(1), value_of(1), kind="tuple")
    grows = of_type("numpy", "ndarray", "NdArrayNode", type="json", shape=shape)
    replace(schema, "coef_", grows | {"content": [list_of(coef)]})


# the schema


for name, content in {
    "no JSON": b"{",
    "other letters": b"\xff\xfe",
    "a list": b"[]",
    "a number": b"1",
    "nothing": b"",
    "no protocol": b"{}",
    "deep": b'{"protocol": 2, "a": ' + b"[" * 10**5 + b"]" * 10**5 + b"}",
    "a large number": b'{"protocol": ' + b"9" * 10**5 + b"}",
}.items():

    @kind("linear", "was not written by", f"schema_{name}")
    def a_wrong_schema(members, schema, content=content):
        members["schema.json"] = content
        return zip_of(members)


for protocol in (0, 1, -1, 999, True, "2", None, 2.0):

    @kind("linear", "protocol", f"protocol_{protocol!r}")
    def another_protocol(members, schema, protocol=protocol):
        schema["protocol"] = protocol


for name, value in {
    "loader": ("__loader__", "NoNode"),
    "loader of no string": ("__loader__", ["ObjectNode"]),
    "class": ("__class__", None),
    "module": ("__module__", 3),
    "content": ("content", "x"),
    "content of a list": ("content", []),
    "no content": ("content", {"content": 1}),
}.items():

    @kind("linear", "was not written by|not trusted", f"node_{name}")
    def a_wrong_node(members, schema, value=value):
        at(schema, "C")
        schema[value[0]] = value[1]


@kind("linear", "differ")
def a_circle(members, schema):
    schema["__id__"] = 1
    replace(schema, "C", {"__id__": 1})


@kind("linear", "in a circle")
def a_circle_of_references(members, schema):
    schema["__id__"] = 1
    replace(schema, "C", of_type("builtins", "str", "CachedNode", __id__=1))


@kind("trees", "differ")
def another_node_of_the_same_id(members, schema):
    tree = at(schema, "estimators_", 0, "tree_")
    evil = copy.deepcopy(tree["__reduce__"]["args"])
    tree["__reduce__"]["args"]["__id__"] = evil["__id__"] = 7
    evil["content"][2] = value_of(10**6)
    add(schema, "a", evil)


@kind("linear", "holds a dict")
def no_estimator(members, schema):
    inner = schema["content"] | {"protocol": schema["protocol"]}
    members["schema.json"] = json.dumps(inner).encode()
    return zip_of(members)


@kind("linear", "not fitted")
def an_estimator_that_is_not_fitted(members, schema):
    for name in ("coef_", "intercept_", "classes_", "n_iter_", "n_features_in_"):
        schema["content"]["content"].pop(name)
        schema["content"]["key_types"]["content"].pop()


# what would be called


for name, node in {
    "a command": of_type("posix", "system", "FunctionNode"),
    "a command as a type": of_type("os", "system"),
    "eval": of_type("builtins", "eval"),
    "exec of subprocess": of_type("subprocess", "Popen"),
    "a writer": of_type("skseisfp.persistence.save", "save", "FunctionNode"),
    "a class that writes": of_type(
        "skseisfp.archive.seismic_archive", "SeismicArchive"
    ),
    "a private class": of_type("skseisfp.neural._network", "FingerprintNet"),
    "a module of a module": of_type("skseisfp.archive.seismic_archive.np", "save"),
    "partial": of_type(
        "functools",
        "partial",
        "PartialNode",
        content={
            "func": of_type("posix", "system", "FunctionNode"),
            "args": list_of(value_of("touch hostile"), kind="tuple"),
            "kwds": of_type(
                "builtins", "dict", "DictNode", content={}, key_types=list_of()
            ),
            "namespace": value_of(None),
        },
    ),
    "a caller of methods": of_type(
        "operator",
        "methodcaller",
        "OperatorFuncNode",
        attrs=list_of(value_of("touch"), kind="tuple"),
    ),
    "a tree of neighbours": of_type("sklearn.neighbors._kd_tree", "KDTree"),
}.items():

    @kind("linear", "not trusted", f"callable_{name}")
    def a_callable(members, schema, node=node):
        replace(schema, "class_weight", node)


@kind("search", "not trusted: posix.system")
def a_command_as_scorer(members, schema):
    replace(schema, "scoring", of_type("posix", "system", "FunctionNode"))


TRUSTED = "skseisfp.io.waveform_reader", "WaveformReader"
CALLS = {
    "by arguments": ("ConstructorFromReduceNode", {"content": list_of(kind="tuple")}),
    "by a list": ("ListNode", {"content": []}),
    "by a set": ("SetNode", {"content": []}),
    "as a dict": ("DictNode", {"content": {}, "key_types": list_of()}),
    "as a loss": (
        "LossNode",
        {"content": value_of(None), "__reduce__": {"args": list_of(kind="tuple")}},
    ),
}
for name, (loader, content) in CALLS.items():

    @kind("linear", "it calls skseisfp.io", f"call_{name}")
    def a_call(members, schema, loader=loader, content=content):
        replace(schema, "class_weight", of_type(*TRUSTED, loader, **content))


for name in ("predict", "__sklearn_tags__", "get_params", "__class__"):
    # skops 0.14 does not trust what the attribute holds
    @kind("linear", "hides that of its class|numpy.add", f"attribute_{name}")
    def an_attribute_that_hides_a_method(members, schema, name=name):
        add(schema, name, of_type("numpy", "add", "FunctionNode"))


@kind("linear", "n_jobs is")
def workers_without_number(members, schema):
    add(schema, "n_jobs", value_of(10**9))


# random numbers


@kind("random state", "outside of its state")
def a_place_outside_of_the_state(members, schema):
    state = at(schema, "random_state")["content"]["content"]["state"]
    state["content"]["pos"] = value_of(10**9)


@kind("generator", "outside of its state")
def a_place_outside_of_the_buffer(members, schema):
    state = at(schema, "random_state")["content"]["bit_generator"]
    state["content"]["buffer_pos"] = value_of(-(10**6))


@kind("generator", "not a bit generator")
def a_function_as_bit_generator(members, schema):
    state = at(schema, "random_state")["content"]["bit_generator"]
    state["content"]["bit_generator"] = value_of("seed")


@kind("generator", "pool_size")
def a_pool_without_end(members, schema):
    state = at(schema, "random_state")["content"]["seed_seq"]
    state["content"]["pool_size"] = value_of(10**9)


# trees


TREES = {
    "a child that is missing": ("right_child", 0, 10**6, "out of range"),
    "a negative child": ("left_child", 0, -5, "out of range"),
    "a child before its parent": ("left_child", 2, 1, "before its parent"),
    "a child of itself": ("left_child", 0, 0, "before its parent"),
    "a child of two": ("right_child", 0, 1, "do not form a tree"),
    "a leaf of one side": ("left_child", 0, -1, "a leaf has a child"),
    "a feature that is missing": ("feature", 0, 4, "not one of 4"),
    "a negative feature": ("feature", 0, -1, "not one of 4"),
    "a threshold of no number": ("threshold", 0, np.nan, "not finite"),
}
for name, (field, place, value, reason) in TREES.items():

    @kind("trees", reason, f"tree_{name}")
    def a_tree(members, schema, field=field, place=place, value=value):
        tree = at(schema, "estimators_", 0, "tree_")
        change(members, attribute(tree, "nodes"), (field, place), value)


STATES = {
    "more nodes than there are": ("node_count", 10**6, "nodes are missing"),
    "no depth": ("max_depth", 0, "its depth is"),
    "any depth": ("max_depth", 10**12, "its depth is"),
}
for name, (field, value, reason) in STATES.items():

    @kind("trees", reason, f"tree_of_{name}")
    def a_state(members, schema, field=field, value=value):
        replace(at(schema, "estimators_", 0, "tree_"), field, value_of(value))


SIZES = {0: "n_features is 0", 9: "another estimator", 10**6: "another length"}
for value, reason in SIZES.items():

    @kind("trees", reason, f"tree_made_of_{value}")
    def a_tree_of_other_sizes(members, schema, value=value):
        tree = at(schema, "estimators_", 0, "tree_")
        place = 2 if value == 10**6 else 0
        tree["__reduce__"]["args"]["content"][place] = value_of(value)


@kind("trees", "not finite or of another shape")
def a_tree_of_other_values(members, schema):
    node = at(schema, "estimators_", 0, "tree_", "values")
    put(members, node, array_of(members, node)[:, :, :1])


@kind("trees", "TypeError|not a tree|was not written by")
def a_tree_of_other_nodes(members, schema):
    put(members, at(schema, "estimators_", 0, "tree_", "nodes"), np.zeros(7))


@kind("boosting", "another shape")
def more_trees_than_outputs(members, schema):
    node = at(schema, "estimators_")
    node["content"] = [
        list_of(*[copy.deepcopy(row["content"][0]) for _ in range(9)])
        for row in node["content"]
    ]
    node["shape"]["content"][1] = value_of(9)
    for number, inner in enumerate(nodes(node)):
        if "file" in inner:
            name = f"{number}.npy"
            members[name] = members[inner["file"]]
            inner["file"] = name


@kind("boosting", "another number of outputs")
def a_start_of_other_outputs(members, schema):
    start = at(schema, "init_")
    put(members, attribute(start, "class_prior_"), np.full(2, 0.5))
    put(members, attribute(start, "classes_"), np.arange(2))
    replace(start, "n_classes_", value_of(2))


@kind("boosting", "another estimator")
def a_boosted_tree_of_more_features(members, schema):
    tree = attribute(at(schema, "estimators_")["content"][0], 0)
    replace(tree, "n_features_in_", value_of(9))
    attribute(tree, "tree_")["__reduce__"]["args"]["content"][0] = value_of(9)


HISTOGRAMS = {
    "a child that is missing": ("right", 10**6, "out of range"),
    "a child of itself": ("left", 0, "before its parent"),
    "a feature that is missing": ("feature_idx", 10**6, "not one of 4"),
    "a threshold of no number": ("num_threshold", np.nan, "not finite"),
    "categories": ("is_categorical", 1, "has no categories"),
}
for name, (field, value, reason) in HISTOGRAMS.items():

    @kind("histogram boosting", reason, f"histogram_{name}")
    def a_histogram_tree(members, schema, field=field, value=value):
        tree = at(schema, "_predictors", 0, 0)
        change(members, attribute(tree, "nodes"), (field, 0), value)


@kind("histogram boosting", "of other features")
def bins_of_other_features(members, schema):
    put(members, at(schema, "_bin_mapper", "is_categorical_"), np.zeros(1, np.uint8))


# support vectors, neighbours, clusters, sparse matrices


VECTORS = {
    "_n_support": (lambda array: array * 1000, "numbers of support vectors"),
    "_dual_coef_": (lambda array: array[:, :1], "other shapes"),
    "_intercept_": (lambda array: array[:1], "other shapes"),
    "support_": (lambda array: array + 10**6, "numbers of support vectors"),
    "support_vectors_": (lambda array: array[:1], "other shapes"),
    "_probA": (lambda array: np.zeros(1), "_probA has another length"),
}
for name, (edit, reason) in VECTORS.items():

    @kind("support vectors", reason, f"vectors_{name}")
    def support_vectors(members, schema, name=name, edit=edit):
        node = at(schema, name)
        put(members, node, edit(array_of(members, node)))


@kind("support vectors", "hides that of its class")
def another_machine(members, schema):
    add(schema, "_impl", value_of("epsilon_svr"))


@kind("neighbours", "a label is out of range")
def labels_out_of_range(members, schema):
    change(members, at(schema, "_y"), 0, 10**6)


@kind("neighbours", "not those it was fitted on")
def more_neighbours_than_records(members, schema):
    replace(schema, "n_samples_fit_", value_of(10**6))


@kind("clusters", "other features")
def centres_of_other_features(members, schema):
    node = at(schema, "cluster_centers_")
    put(members, node, array_of(members, node)[:, :1])


@kind("clusters", "_n_threads is")
def threads_of_no_number(members, schema):
    replace(schema, "_n_threads", value_of(-1))


@kind("sparse", "indices|index")
def a_sparse_matrix_out_of_bounds(members, schema):
    file = first_file(schema, ".npz")
    matrix = members_of(members[file])
    indices = np.load(io.BytesIO(matrix["indices.npy"]))
    matrix["indices.npy"] = npy(np.full_like(indices, 10**6))
    members[file] = zip_of(matrix)


@kind("sparse", "of shape")
def a_sparse_matrix_of_a_huge_array(members, schema):
    file = first_file(schema, ".npz")
    matrix = members_of(members[file])
    matrix["data.npy"] = header((2**50,)) + bytes(64)
    members[file] = zip_of(matrix)


# networks


@kind("network", "must have the shape")
def weights_of_another_shape(members, schema):
    node = next(n for n in nodes(at(schema, "net_")) if "file" in n)
    put(members, node, np.zeros((3, 3), np.float32))


@kind("network", "got none|Missing key")
def weights_that_are_missing(members, schema):
    weights = at(schema, "net_")
    weights["content"].pop(next(iter(weights["content"])))
    weights["key_types"]["content"].pop()


@kind("network", "must have the shape|Impossible|was not written by")
def a_network_without_end(members, schema):
    add(schema, "module__conv1_n_filters", value_of(10**7))


@kind("network", "was not written by")
def a_network_of_no_device(members, schema):
    replace(schema, "device_", value_of("cuda:x"))


@kind("network", "was not written by")
def a_network_of_other_classes(members, schema):
    put(members, at(schema, "classes_"), np.arange(100))


def load_each(folder, files):
    """Write files and load each in other processes; return what happened, by name."""
    for number, content in enumerate(files.values()):
        (folder / f"{number:03d}.skops").write_bytes(content)
    found = {}
    while any(folder.glob("*.skops")):  # one that ends its process leaves the others
        command = [sys.executable, __file__, str(folder)]
        run = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=300
        )
        for line in run.stdout.splitlines():
            result = json.loads(line)
            # the second line of a file takes the place of the first
            found[result["file"]] = {"error": f"exit {run.returncode}"} | result
            (folder / result["file"]).unlink(missing_ok=True)
        assert run.stdout, run.stderr
    return {
        "left": sorted(path.name for path in folder.iterdir()),
        **{name: found[f"{at:03d}.skops"] for at, name in enumerate(files)},
    }


def main(folder):
    """Load every file, in the order of their names."""
    import skseisfp

    for path in sorted(Path(folder).glob("*.skops")):
        print(json.dumps({"file": path.name}), flush=True)
        signal.alarm(MOST_SECONDS)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            skseisfp.load(path, trusted=[SPARSE], max_bytes=MOST_BYTES)
            result = {"error": None, "message": "it was loaded"}
        except Exception as error:
            result = {"error": type(error).__name__, "message": str(error)}
        signal.alarm(0)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        result |= {"file": path.name, "kilobytes": after - before}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
