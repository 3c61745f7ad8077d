"""What a discriminator was made for: facts of its records, and checks against them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np

from ..io.record_bunch import as_window, facts_of_reader
from ._record_set import CUT, FACTS, RecordSet, show_window
from ._state_checks import check_contract

RATE_TOLERANCE = 1e-6  # relative; files hold rates as float32 or rounded periods
LARGEST_SHIFT = 0.5  # seconds; picks of two analysts differ by less in most records


@dataclass(frozen=True)
class InputContract:
    """Facts of the records that a discriminator was fitted on.

    Parameters
    ----------
    kind : {"waveforms", "fingerprints", "features"}
        What the records are; features where nothing says that they are waveforms.
    record_shape : tuple of int
        Shape of one record; its last axis is time.
    sampling_rate : float or None
        Samples per second (Hz); None where it is not known.
    components : str or None
        Components in their order; None where they are not known.
    units : str
        Units of the samples: ``"counts"``, ``"m"``, ``"m/s"``, ``"m/s^2"``, or
        ``"unknown"``.
    align : str or None
        Reference of the window, see `skseisfp.io.WaveformReader`; None without reader.
    window : tuple of (float, float) or None
        Window in seconds from the reference; None for whole recordings.
    picking : dict of str to object
        Parameters of the policy of onsets, see `skseisfp.inference.PickingPolicy`.
        Empty in files of versions without it.
    ranges : dict of str to tuple of (float, float)
        Smallest and largest value of what was measured or is in the table of records:
        ``"p_arrival"`` (s), ``"peak"`` (largest absolute sample less the mean),
        ``"snr_db"``, ``"density"`` (part of a fingerprint that is not zero),
        ``"distance_km"``, ``"magnitude"`` and ``"depth_km"``.
    least_snr_db : float or None
        SNR below which a record is taken for noise.
    n_records : int
        Number of records.
    events : dict of str to int
        Number of events by class.
    digests : dict of str to str
        Digests of the records, of which belong together, and of both with the labels.
    folds : dict of str to object
        Number of folds, and what they held out.
    scores : dict of str to tuple of (float, float, float)
        Scores by event with the ends of their 95 % intervals, of records held out.
    versions : dict of str to str
        Versions of Python and of the packages.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skseisfp.inference import EventDiscriminator
    >>> y = np.repeat([0, 1], 20)
    >>> X = np.random.default_rng(0).normal(y[:, None], 1, (40, 2))
    >>> contract = EventDiscriminator(LogisticRegression()).fit(
    ...     X, y, groups=np.arange(40)
    ... ).contract_
    >>> contract.record_shape, contract.units, contract.events
    ((2,), 'unknown', {'0': 20, '1': 20})
    """

    _earlier_values: ClassVar[dict[str, Any]] = {"picking": {}}

    kind: str
    record_shape: tuple[int, ...]
    sampling_rate: float | None = None
    components: str | None = None
    units: str = "unknown"
    align: str | None = None
    window: tuple[float, float] | None = None
    picking: dict[str, Any] = field(default_factory=dict)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    least_snr_db: float | None = None
    n_records: int = 0
    events: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    folds: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        from ._html import contract_html

        return contract_html(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the facts of a file or copy; raise for what cannot be one."""
        vars(self).update(state)
        check_contract(self)

    def to_dict(self) -> dict[str, Any]:
        """Return all facts as plain values, for JSON.

        Returns
        -------
        dict of str to object
            The facts by name.
        """
        return asdict(self)

    def describe_scores(self) -> dict[str, str]:
        """Return the scores with their intervals in words.

        Returns
        -------
        dict of str to str
            By name, such as ``"0.948 [0.904, 0.972]"``; an interval without width is
            none, and the text says so.

        Examples
        --------
        >>> from skseisfp.inference.input_contract import InputContract
        >>> scores = {"accuracy": (1.0, 0.7, 1.0), "roc_auc": (1.0, 1.0, 1.0)}
        >>> InputContract("features", (3,), scores=scores).describe_scores()["accuracy"]
        '1.000 [0.700, 1.000]'
        """
        return {name: _in_words(name, *values) for name, values in self.scores.items()}

    def check_facts(
        self, facts: dict[str, Any], *, origin: str = "The records"
    ) -> None:
        """Raise if known facts of records differ from those of the contract.

        Parameters
        ----------
        facts : dict of str to object
            ``"sampling_rate"``, ``"components"``, ``"units"``, ``"align"`` and
            ``"window"``; None is not known, and no window is compared without align.
        origin : str, default="The records"
            What has them, for the message.

        Raises
        ------
        ValueError
            With the first fact that differs.
        """
        rate, own = facts.get("sampling_rate"), self.sampling_rate
        if (
            rate is not None
            and own is not None
            and abs(rate - own) > RATE_TOLERANCE * own
        ):
            raise ValueError(
                f"{origin} have a sampling rate of {rate:g} Hz; this discriminator was "
                f"fitted on {own:g} Hz. Read or resample them at {own:g} Hz."
            )
        components, own = facts.get("components"), self.components
        if components is not None and own is not None and components != own:
            same = sorted(components) == sorted(own)
            hint = " The order is another one: reorder them." if same else ""
            raise ValueError(
                f"{origin} have the components {components!r}; this discriminator was "
                f"fitted on {own!r}.{hint}"
            )
        units = facts.get("units") or "unknown"
        if "unknown" not in (units, self.units) and units != self.units:
            raise ValueError(
                f"{origin} are in {units}; this discriminator was fitted on "
                f"{self.units}. Treat the response of the instruments in the same way."
            )
        if facts.get("align") is not None and self.align is not None:
            self._check_cut(facts, origin)

    def _check_cut(self, facts, origin):
        """Raise if records are cut at other times than those of the contract."""
        if facts["align"] != self.align:
            raise ValueError(
                f"{origin} have align={facts['align']!r}; this discriminator was "
                f"fitted on records of align={self.align!r}. Cut the same window."
            )
        window = as_window(facts.get("window"))
        if window != self.window:
            raise ValueError(
                f"{origin} have window={show_window(window)}; this discriminator was "
                f"fitted on records of window={show_window(self.window)}. Cut the same "
                "window."
            )

    def check_shape(self, X: Any, name: str) -> None:
        """Raise if records have another shape than those of `fit`.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.
        name : str
            Name of the estimator, for the message.

        Raises
        ------
        ValueError
            If number of components, length or kind differ.
        """
        shape = tuple(X.shape if hasattr(X, "shape") else np.asarray(X).shape)[1:]
        if not shape or shape == self.record_shape:
            return
        expected = self.record_shape
        if len(shape) == len(expected) == 1:
            text = (
                f"X has {shape[0]} features, but {name} is expecting {expected[0]} "
                "features as input"
            )
        else:
            text = (
                f"X has records of shape {shape}, but {name} was fitted on records of "
                f"shape {expected}"
            )
        if self.sampling_rate is not None:
            seconds = [size[-1] / self.sampling_rate for size in (shape, expected)]
            text += f": {seconds[0]:g} s in place of {seconds[1]:g} s"
        raise ValueError(f"{text}. Cut the same window from the same components.")

    def check_reader(self, reader: Any) -> None:
        """Raise if a reader makes other records than those of the contract.

        Parameters
        ----------
        reader : WaveformReader
            The policy; a rate or window that it leaves open is not compared.

        Raises
        ------
        ValueError
            If rate, components, units, alignment, window or length differ.
        """
        made = _made_by(reader)
        facts = {name: made[name] for name in FACTS}
        self.check_facts(facts, origin="The records of reader")
        for name in CUT if self.align is not None else ():
            own = getattr(self, name)
            if made[name] != own:
                raise ValueError(
                    f"reader has {name}={made[name]!r}; this discriminator was fitted "
                    f"on records of {name}={own!r}."
                )
        self._check_length(reader)

    def _check_length(self, reader):
        """Raise if the window of a reader has another length than the records."""
        if reader.window is None or self.sampling_rate is None:
            return
        start, end = reader.window
        n_samples = round((end - start) * self.sampling_rate)
        if abs(n_samples - self.record_shape[-1]) > 1:
            raise ValueError(
                f"reader has window={reader.window!r}, {n_samples} samples at "
                f"{self.sampling_rate:g} Hz; this discriminator was fitted on records "
                f"of {self.record_shape[-1]} samples."
            )


def _made_by(reader):
    """Return the facts of the records that a reader makes."""
    return {
        "sampling_rate": reader.sampling_rate,
        "components": reader.components,
        **facts_of_reader(reader),
    }


def _in_words(name, score, low, high):
    """Return a score with its interval, or why it has none."""
    if low != high:
        return f"{score:.3f} [{low:.3f}, {high:.3f}]"
    why = "all resamples of the events have this score"
    if name in ("accuracy", "balanced_accuracy") and score == 1:
        why = "all held-out events are right"
    return f"{score:.3f}, no interval: {why}"


def merge_facts(
    records: RecordSet, given: dict[str, Any], reader: Any
) -> dict[str, Any]:
    """Return facts from records, parameters and reader; raise where they differ.

    Parameters
    ----------
    records : RecordSet
        Records with what is known of them.
    given : dict of str to object
        What the parameters say, None where they are silent.
    reader : WaveformReader or None
        The policy.

    Returns
    -------
    dict of str to object
        ``"sampling_rate"``, ``"components"``, ``"units"``, ``"align"`` and
        ``"window"``, None where not known.
    """
    sources = {"the records have": records.facts, "the parameter is": given}
    if reader is not None:
        sources["reader makes"] = _made_by(reader)
    merged: dict[str, Any] = {}
    for name in FACTS:
        known = {
            source: facts[name]
            for source, facts in sources.items()
            if facts[name] is not None
        }
        for source, value in known.items():
            first, other = next(iter(known.items()))
            if value != other and not _is_close(value, other):
                raise ValueError(
                    f"{name} is contradictory: {first} {other!r}, {source} {value!r}."
                )
        merged[name] = next(iter(known.values()), None)
    return merged | _merge_cut(records, reader)


def _merge_cut(records, reader):
    """Return alignment and window of records; raise if the reader has others."""
    own = {name: records.facts[name] for name in CUT}
    if reader is None:
        return own if own["align"] is not None else dict.fromkeys(own)
    made = {name: _made_by(reader)[name] for name in CUT}
    if own["align"] is None:
        _check_onsets(records, made)
    elif own["align"] != made["align"]:
        raise ValueError(
            f"The records have align={own['align']!r}, the reader {made['align']!r}; "
            "give the reader that read them."
        )
    elif own["window"] != made["window"]:
        raise ValueError(
            f"The records have window={show_window(own['window'])}, the reader "
            f"{show_window(made['window'])}; give the reader that read them."
        )
    return made


def _check_onsets(records, made):
    """Raise if P of most records is not where a reader of P would have it."""
    if not records.from_bunch or "p_arrival" not in records.frame:
        return
    found = records.frame["p_arrival"].median()
    if made["align"] != "P" or made["window"] is None or np.isnan(found):
        return
    expected = -made["window"][0]
    if abs(found - expected) > LARGEST_SHIFT:
        raise ValueError(
            f"The records have P at {found:g} s, those of the reader at {expected:g} "
            f"s, by window={show_window(made['window'])}; give the reader that read "
            "them."
        )


def _is_close(value, other):
    """Return whether two numbers agree but for rounding."""
    if isinstance(value, str) or isinstance(other, str):
        return False
    return abs(value - other) <= RATE_TOLERANCE * abs(other)
