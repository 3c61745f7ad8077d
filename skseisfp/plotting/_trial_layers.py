"""Layers of the network of a trial."""

import numpy as np

from ..neural.parameter_counts import find_network, fingerprint_shape


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


def trial_layers(cube, trial, *, input_shape, n_classes=None, architecture=None):
    """Tabulate the layers of the network of a trial.

    Parameters
    ----------
    cube : ResultCube
        The cube.
    trial : dict
        Values of all parameters by full name.
    input_shape : tuple of int, (n_channels, rows, columns)
        Shape of one fingerprint.
    n_classes : int, default=None
        Number of classes; None is that of the confusion matrices.
    architecture : dict, default=None
        Parameters of the catalogue that were the same in all trials.

    Returns
    -------
    DataFrame
        Layers, as :func:`skseisfp.neural.summarize` tabulates them.

    Raises
    ------
    ValueError
        If the network cannot be drawn, or is not the one that the trial had.
    """
    from ..neural import summarize

    if not varied_architecture(trial):
        raise ValueError("No parameter of the cube changes the architecture.")
    n_classes = n_classes or cube.dataset.sizes.get("true_class")
    if n_classes is None:
        raise ValueError(
            "The cube has no confusion matrices, which give the number of classes; "
            "give n_classes."
        )
    params = cube.params(**trial)
    params = {tail: params[name] for name, tail in varied_architecture(params).items()}
    layers = summarize(input_shape, n_classes, **(architecture or {}) | params)
    _compare_sizes(cube, trial, layers["n_parameters"].sum())
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
