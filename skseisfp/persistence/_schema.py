"""The schema of a file: a tree of nodes, from which skops makes the objects."""

from __future__ import annotations

import io
import json
from typing import Any, NamedTuple
from zipfile import ZipFile

import numpy as np

from ._members import SCHEMA, DamagedFileError, Members

# Older protocols have nodes of other layouts; the oldest skops that this package takes
# (0.14) writes this one.
OLDEST_PROTOCOL = 2
# Ways in which skops makes an object of a type without calling it: by `__new__` and
# the attributes, or as the type or function itself. Others call it with arguments.
WITHOUT_CALL = {"ObjectNode", "TypeNode", "FunctionNode"}
TREE = "sklearn.tree._tree.Tree"
SPREAD = {"NdArrayNode", "ListNode"}  # what NumPy takes apart within an object array
BIT_GENERATORS = {"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"}
POOL_SIZE = 64  # words of a SeedSequence; NumPy takes 4, and mixes each with each


class Nodes(NamedTuple):
    """What a schema holds: loaders with names of types, and the nodes of trees."""

    made: set[tuple[str, str]]
    trees: list[dict[str, Any]]


def parse_schema(members: Members, skops_io: Any) -> Nodes:
    """Check the schema of a file.

    skops takes the first node of an id for all of them, so that two of one id must say
    the same, ids within them aside: `save` writes an object out wherever it occurs.

    Raises
    ------
    DamagedFileError
        If it is not as `save` writes it.
    """
    schema = json.loads(members.schema)
    protocol = schema["protocol"]
    newest = _newest_protocol(skops_io)
    if type(protocol) is not int or not OLDEST_PROTOCOL <= protocol <= newest:
        raise DamagedFileError(f"its protocol is {protocol!r}")
    walk = _Walk(members.digests)
    walk.number(schema)
    return Nodes(walk.made, walk.trees)


def _newest_protocol(skops_io):
    """Return the protocol that the installed skops writes."""
    with ZipFile(io.BytesIO(skops_io.dumps(None))) as archive:
        return json.loads(archive.read(SCHEMA))["protocol"]


class _Walk:
    """Number the values of a schema, equal ones alike, and collect its nodes."""

    def __init__(self, digests):
        self.digests = digests
        self.numbers: dict[Any, int] = {}
        self.by_id: dict[Any, int] = {}
        self.owners: dict[str, Any] = {}
        self.made: set[tuple[str, str]] = set()
        self.trees: list[dict[str, Any]] = []

    def number(self, value, spread=False):
        """Return the number of a value, the same as that of all equal ones."""
        if isinstance(value, dict):
            is_node = "__loader__" in value
            if is_node:
                spread = self._note_node(value, spread)
            parts = [self._part(name, value, spread) for name in sorted(value)]
            number = self._number_of(("dict", *parts))
            if "__id__" in value:
                self._note_id(value, number, is_node)
            return number
        if isinstance(value, list):
            parts = [self.number(item, spread) for item in value]
            return self._number_of(("list", *parts))
        return self._number_of((type(value), value))

    def _number_of(self, key):
        """Return the number of a key, a new one if it has none."""
        return self.numbers.setdefault(key, len(self.numbers))

    def _part(self, name, value, spread):
        """Return the share of an item in a number: ids nothing, files their content."""
        if name == "__id__":
            return name
        if name == "file" and value["file"] in self.digests:
            return name, self.digests[value["file"]]
        return name, self.number(value[name], spread)

    def _note_id(self, value, number, is_node):
        """Raise if a node says something else than another one of its id."""
        known = self.by_id.setdefault(value["__id__"], number)
        if not is_node or known != number:
            raise DamagedFileError(f"its nodes with the id {value['__id__']} differ")

    def _note_node(self, node, spread):
        """Check a node; return whether it is within an object array of several axes."""
        loader = node["__loader__"]
        if loader == "CachedNode":
            raise DamagedFileError("a node refers to another one, maybe in a circle")
        name = f"{node['__module__']}.{node['__class__']}"
        self.made.add((str(loader), name))
        if loader == "TreeNode":
            self.trees.append(node)
        if loader == "RandomGeneratorNode":
            _check_generator(node)
        if "file" in node:
            self._check_file(node, spread and name == "numpy.ndarray")
        if loader == "NdArrayNode" and name == "numpy.void":
            raise DamagedFileError("it holds bytes of any number, as numpy.void")
        if loader == "NdArrayNode" and node["type"] == "json":
            return spread or len(node["shape"]["content"]) != 1
        return spread and loader in SPREAD

    def _check_file(self, node, spread):
        """Raise if a node has no file, one of another, or one that would grow."""
        file = node["file"]
        if file not in self.digests:
            raise DamagedFileError(f"it lacks {file}")
        if self.owners.setdefault(file, node.get("__id__")) != node.get("__id__"):
            raise DamagedFileError(f"several nodes take {file}")
        if spread:
            raise DamagedFileError(f"{file} is an item of an array of objects")


def _check_generator(node):
    """Raise unless a generator of random numbers is one of NumPy's."""
    content = node["content"]
    name = json.loads(content["bit_generator"]["content"]["bit_generator"]["content"])
    if name not in BIT_GENERATORS:
        raise DamagedFileError(f"{name!r} is not a bit generator of NumPy")
    size = json.loads(content["seed_seq"]["content"]["pool_size"]["content"])
    if not 0 < size <= POOL_SIZE:
        raise DamagedFileError(f"a SeedSequence has pool_size={size!r}")


def tree_states(members: Members, nodes: Nodes, skops_io: Any) -> list[tuple[Any, Any]]:
    """Return arguments and state of all trees, as arrays, before a tree is made."""
    pairs = [
        _sequence("tuple", [node["__reduce__"]["args"], node["content"]])
        for node in nodes.trees
    ]
    if not pairs:
        return []
    schema = _sequence("list", pairs) | {"protocol": OLDEST_PROTOCOL}
    buffer = io.BytesIO()
    with ZipFile(io.BytesIO(members.data)) as source, ZipFile(buffer, "w") as part:
        part.writestr(SCHEMA, json.dumps(schema))
        for name in sorted(_files(schema)):
            part.writestr(name, source.read(name))
    return skops_io.loads(buffer.getvalue())


def _sequence(kind, content):
    """Return a node of a list or tuple."""
    loader = f"{kind.title()}Node"
    return {
        "__class__": kind,
        "__module__": "builtins",
        "__loader__": loader,
        "content": content,
    }


def _files(value):
    """Return the names of the files below a value of a schema."""
    found, left = set(), [value]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            if isinstance(value.get("file"), str):
                found.add(value["file"])
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
    return found


def check_calls(nodes: Nodes, names: set[str]) -> None:
    """Raise if types that are trusted as types would be called with arguments.

    Paths are called with their parts, and trees are checked, see `_trees`.
    """
    for loader, name in sorted(nodes.made):
        if name not in names or loader in WITHOUT_CALL:
            continue
        if (loader, name) == ("TreeNode", TREE):
            continue
        if loader == "ConstructorFromReduceNode" and name.startswith("pathlib."):
            continue
        raise DamagedFileError(f"it calls {name} by a {loader}")


def check_random_state(value: Any) -> None:
    """Raise if a generator would read outside of its state.

    Of the bit generators of NumPy two have a place in a buffer: MT19937, up to 624 as
    one that is spent, and Philox, up to 4.
    """
    if isinstance(value, np.random.RandomState):
        state: Any = value.get_state(legacy=False)
    else:
        state = value.bit_generator.state
    at = state["state"].get("pos", 0) if isinstance(state["state"], dict) else 0
    if not (0 <= at <= 624 and 0 <= state.get("buffer_pos", 0) <= 4):
        raise DamagedFileError("a generator of random numbers is outside of its state")
