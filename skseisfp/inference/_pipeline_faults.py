"""Steps of pipelines that give predictions without meaning: raised by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..preprocessing import (
    AdaptiveHighpassFilter,
    FilterAugmenter,
    FingerprintTransformer,
    PhysicsFeatures,
    ScalogramTransformer,
    SpectrogramTransformer,
    SpectrumTransformer,
    WaveformAugmenter,
    WaveformImageTransformer,
    WaveformPreprocessor,
)

FILTERS = (
    AdaptiveHighpassFilter,
    FilterAugmenter,
    WaveformAugmenter,
    WaveformPreprocessor,
)
REPRESENTATIONS = (
    FingerprintTransformer,
    PhysicsFeatures,
    ScalogramTransformer,
    SpectrogramTransformer,
    SpectrumTransformer,
    WaveformImageTransformer,
)
NORMALIZED = 1.0  # sampling rate at which frequencies are cycles per sample
NEEDS_FEATURES = ("sklearn", "skseisfp.neural")


def walk_steps(estimator: Any) -> Iterator[Any]:
    """Yield the steps of pipelines within pipelines and wrappers, in their order."""
    if hasattr(estimator, "steps"):
        for _, step in estimator.steps:
            yield from walk_steps(step)
    elif hasattr(estimator, "estimator"):
        yield from walk_steps(estimator.estimator)
    elif estimator is not None and estimator != "passthrough":
        yield estimator


def check_steps(estimator: Any, *, fingerprints: bool, waveforms: bool) -> None:
    """Raise if the steps of a classifier do not follow one from another.

    Parameters
    ----------
    estimator : classifier
        Classifier or pipeline.
    fingerprints : bool
        Whether its input are fingerprints.
    waveforms : bool
        Whether its input is known to be waveforms.

    Raises
    ------
    ValueError
        If a fingerprint is transformed or filtered once more, or if waveforms go to a
        classifier of features.
    """
    represented = "the records, which are fingerprints" if fingerprints else None
    for step in walk_steps(estimator):
        name = type(step).__name__
        if represented and isinstance(step, REPRESENTATIONS):
            raise ValueError(
                f"{name} would transform what is transformed already by {represented}: "
                "a fingerprint of a fingerprint has no meaning. Leave one of them out."
            )
        if represented and isinstance(step, FILTERS):
            raise ValueError(
                f"{name} would filter after {represented}: it needs waveforms. Put it "
                "before the transformer."
            )
        if isinstance(step, REPRESENTATIONS):
            represented = f"the step {name}"
    if waveforms:
        _check_waveforms_are_transformed(estimator)


def _check_waveforms_are_transformed(estimator):
    """Raise if waveforms go to a classifier that takes features."""
    *before, last = walk_steps(estimator)
    if any(not isinstance(step, FILTERS) for step in before):
        return
    module = type(last).__module__
    if module.startswith(NEEDS_FEATURES) and not module.startswith("sklearn.dummy"):
        raise ValueError(
            f"{type(last).__name__} takes features, and its input are waveforms: the "
            "transformer is missing. Put a step such as FingerprintTransformer before "
            "it."
        )


def rate_of_input(estimator: Any, rate: float | None) -> float | None:
    """Return the sampling rate of the input in Hz; raise if steps disagree on it.

    Parameters
    ----------
    estimator : classifier
        Classifier or pipeline.
    rate : float or None
        Rate of the records in Hz, where it is known.

    Returns
    -------
    float or None
        That rate, else the one that the steps have; None where all of them count in
        cycles per sample.

    Raises
    ------
    ValueError
        If the rates differ.
    """
    known = [step for step in walk_steps(estimator) if hasattr(step, "sampling_rate")]
    if all(step.sampling_rate == NORMALIZED for step in known):
        return rate
    at_input, origin = rate, "the records have"
    current = rate
    for step in known:
        name, own = type(step).__name__, float(step.sampling_rate)
        if current is None:
            at_input = current = own
        elif abs(own - current) > 1e-6 * current:
            raise ValueError(
                f"{name} has sampling_rate={own:g} Hz, but {origin} {current:g} Hz. "
                "All steps must have the rate of what they get."
            )
        origin = f"{name} returns"
        current = getattr(step, "target_rate", None) or own
    return at_input
