"""The four experiments of Silkin (2024), in the names of the catalogue."""

from typing import Any

# the optimum of each of the first three experiments, which the later ones keep
OPTIMUM = (
    {"conv1_filter_size": 2, "conv1_n_filters": 8, "pool1_size": 2},
    {"dropout1_p": 0.3, "dropout2_p": 0.5, "conv2_n_filters": 56},
    {"conv1_padding": 1, "conv2_padding": 2, "conv2_filter_size": 5},
)
RANGES = {
    "experiment 1": {
        "conv1_filter_size": "1:1:8",
        "conv1_n_filters": "8:8:64",
        "pool1_size": "1:1:6",
    },
    "experiment 2": {
        "dropout1_p": "0.1:0.2:0.9",
        "dropout2_p": "0.1:0.2:0.9",
        "conv2_n_filters": "8:8:64",
    },
    "experiment 3": {
        "conv1_padding": "0:1:3",
        "conv2_padding": "0:1:3",
        "conv2_filter_size": "1:1:8",
    },
    "experiment 4": {
        "conv1_n_filters": "6:2:10",
        "conv2_n_filters": "52:2:58",
        "dropout1_p": "0.2:0.1:0.5",
    },
    "experiment 4 as counted": {
        "conv1_n_filters": "6:2:10",
        "conv2_n_filters": "54:2:58",
        "dropout1_p": "0.2:0.1:0.4",
    },
}


def published_plan(name: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the ranges and the fixed values of an experiment, by catalogue names."""
    number = int(name.split()[1])
    found: dict[str, Any] = {}
    for optimum in OPTIMUM[: number - 1]:
        found |= optimum
    ranges = RANGES[name]
    fixed = {key: value for key, value in found.items() if key not in ranges}
    return ranges, fixed | {"check_rules": False}
