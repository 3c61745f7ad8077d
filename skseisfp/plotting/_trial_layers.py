"""Layers of the network of a trial."""

from math import prod

import numpy as np
import pandas as pd

from ..neural.parameter_counts import find_network, fingerprint_shape

PUBLISHED_SHAPE = (1, 64, 64)  # of Silkin (2024), where a cube says nothing
CNN, MLP = "FingerprintCNN", "FingerprintMLP"


def varied_architecture(parameters):
    """Map the parameters of a cube that change the network to their catalogue names."""
    from ..neural.catalogue import is_architecture_parameter

    tails = {name: name.rpartition("__")[2] for name in parameters}
    return {
        name: tail for name, tail in tails.items() if is_architecture_parameter(tail)
    }


def read_network(estimator):
    """Return the input shape and the architecture of the network of an estimator.

    Parameters
    ----------
    estimator : estimator
        A `FingerprintClassifier`, or an estimator that holds one, fitted or not.

    Returns
    -------
    input_shape : tuple of int, (n_channels, rows, columns)
        Shape of one fingerprint.
    architecture : dict
        Parameters of the catalogue that are set.

    Raises
    ------
    ValueError
        If the estimator holds no such classifier, or its fingerprints are flat or of
        unknown shape.
    """
    classifier, _ = find_network(estimator)
    shape = getattr(classifier, "fingerprint_shape_", None) or fingerprint_shape(
        estimator
    )
    if classifier is None or shape is None or len(shape) != 3:
        raise ValueError(
            "The estimator must hold a FingerprintClassifier of fingerprints that are "
            f"not flat, fitted or behind a FingerprintTransformer; got {estimator!r}."
        )
    params = classifier.get_params(deep=False)
    return shape, {
        tail: params[name] for name, tail in varied_architecture(params).items()
    }


def network_of(cube):
    """Return the prefix, module and architecture that a cube has noted, or nothing."""
    return cube.provenance.get("network") or {}


def has_network(cube):
    """Return whether the networks of a cube can be drawn: one is noted, or varied."""
    return bool(network_of(cube) or varied_architecture(cube.parameters))


def shape_of(cube, trial):
    """Return the shape of one fingerprint in a trial, None if it was not recorded."""
    shapes = set()
    if "input_shape" in cube.dataset:
        place = {name: trial[name] for name in cube.parameters}
        shapes = {*cube.dataset["input_shape"].sel(place).values.tolist()} - {""}
    if shapes:
        return tuple(int(length) for length in min(shapes).split(","))
    shape = cube.provenance.get("input_shape")
    return None if shape is None else tuple(shape)


def trial_layers(cube, trial, *, input_shape=None, n_classes=None, architecture=None):
    """Tabulate the layers of the network of a trial.

    Parameters
    ----------
    cube : ResultCube
        The cube.
    trial : dict
        Values of all parameters by full name.
    input_shape : tuple of int, (n_channels, rows, columns), default=None
        Shape of one fingerprint; None is that of the sweep, and the published one for
        cubes that do not know it.
    n_classes : int, default=None
        Number of classes; None is that of the sweep.
    architecture : dict, default=None
        Parameters of the catalogue that were the same in all trials; those that the
        sweep has noted need not be given.

    Returns
    -------
    DataFrame
        Layers, as :func:`skseisfp.neural.summarize` tabulates them.

    Raises
    ------
    ValueError
        If the network cannot be drawn, or is not the one that the trial had.
    """
    if not (network_of(cube) or varied_architecture(trial)):
        raise ValueError("No parameter of the cube changes the architecture.")
    n_classes = n_classes or _n_classes(cube)
    if n_classes is None:
        raise ValueError(
            "The cube has no confusion matrices, which give the number of classes; "
            "give n_classes."
        )
    shape = tuple(input_shape or shape_of(cube, trial) or PUBLISHED_SHAPE)
    module, params = _network_params(cube, trial, architecture or {})
    module = module or (CNN if len(shape) == 3 else MLP)
    if module == CNN:
        from ..neural import summarize

        layers = summarize(shape, n_classes, **params)
    elif module == MLP:
        layers = _summarize_mlp(shape, n_classes, **params)
    else:
        raise ValueError(
            f"The network is a {module}; only {CNN} and {MLP} can be drawn."
        )
    _compare_sizes(cube, trial, layers["n_parameters"].sum())
    return layers


def _n_classes(cube):
    """Return the number of classes of a sweep, None if it is not known."""
    classes = cube.provenance.get("data", {}).get("classes")
    return cube.dataset.sizes.get("true_class") or (len(classes) if classes else None)


def _network_params(cube, trial, given):
    """Return the class of the network of a trial by name, and its parameters."""
    network, params = network_of(cube), cube.params(**trial)
    if not network:
        varied = varied_architecture(params)
        return CNN, given | {tail: params[name] for name, tail in varied.items()}
    prefix = f"{network['prefix']}module"
    module = params.get(prefix, network["module"])
    own = {
        name.removeprefix(f"{prefix}__"): value
        for name, value in params.items()
        if name.startswith(f"{prefix}__")
    }
    params = network["architecture"] | given | own
    params.pop("check_rules", None)
    return module and getattr(module, "__name__", str(module)), params


def _summarize_mlp(
    input_shape,
    n_classes,
    *,
    hidden_sizes=(32,),
    hidden_dropout_p=0.5,
    input_dropout_p=0.5,
):
    """Tabulate the layers of a `FingerprintMLP` as `summarize` does."""
    size = prod(input_shape)
    rows = [("input_dropout", "dropout", {"p": input_dropout_p}, size, size, 0)]
    for number, width in enumerate([*hidden_sizes, n_classes], start=1):
        is_last = number > len(hidden_sizes)
        name = "output" if is_last else f"hidden{number}"
        count = (size + 1) * width  # a bias for each output
        rows.append((name, "fully connected", {"size": width}, size, width, count))
        if not is_last:
            p = {"p": hidden_dropout_p}
            rows += [
                (f"hidden_relu{number}", "relu", {}, width, width, 0),
                (f"hidden_dropout{number}", "dropout", p, width, width, 0),
            ]
        size = width
    names = ["name", "kind", "settings", "input_shape", "output_shape", "n_parameters"]
    layers = pd.DataFrame(rows, columns=pd.Index(names)).set_index("name")
    for name in ("input_shape", "output_shape"):
        layers[name] = [(length,) for length in layers[name]]
    return layers


def _compare_sizes(cube, trial, n_parameters):
    """Raise if the network has another size than that of the trial."""
    if "n_parameters" not in cube.dataset:
        return
    kept = cube.dataset["n_parameters"].sel(trial).values
    kept = kept[np.isfinite(kept)]
    if kept.size and not (kept == n_parameters).all():
        raise ValueError(
            f"The network to be drawn has {n_parameters} parameters, that of the trial "
            f"had {kept[0]:.0f}: input_shape, n_classes or architecture differ."
        )
