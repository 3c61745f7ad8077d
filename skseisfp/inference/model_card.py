"""The model card of a discriminator, in Markdown."""

from __future__ import annotations

from typing import Any

from ._html import NAMES
from .input_contract import InputContract

MANY_EVENTS = 50  # of which one more error changes the accuracy by 2 % at most
OF_DATA_SET = (
    "Its scores are of events that were held out of the same data set. They do not "
    "count for other regions, networks or kinds of sources, nor for choices that were "
    "made on the same events."
)
LIMITS = (
    "It is made for records as described below, and raises an error for others.",
    OF_DATA_SET,
    "Probabilities hold for the shares of the classes in the training data.",
)


def write_model_card(
    contract: InputContract,
    *,
    estimator: Any,
    rule: dict[str, Any],
    license: str | None,
    citation: str | None,
    picking: dict[str, Any] | None = None,
) -> str:
    """Return a model card.

    Parameters
    ----------
    contract : InputContract
        Facts of the records and scores.
    estimator : estimator
        The classifier, not fitted.
    rule : dict of str to object
        Further facts of how events are decided.
    license, citation : str or None
        As the author gives them.
    picking : dict of str to object, default=None
        The policy of onsets.

    Returns
    -------
    str
        Markdown.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skseisfp.inference.input_contract import InputContract
    >>> from skseisfp.inference.model_card import write_model_card
    >>> contract = InputContract("features", (3,), events={"blast": 4, "quake": 5})
    >>> card = write_model_card(
    ...     contract,
    ...     estimator=LogisticRegression(),
    ...     rule={"vote": "mean"},
    ...     license="CC BY 4.0",
    ...     citation=None,
    ... )
    >>> card.splitlines()[0]
    '# Discriminator of blast and quake'
    """
    scores = {
        name.replace("_", " "): text
        for name, text in contract.describe_scores().items()
    }
    ranges = {
        NAMES[name]: f"{low:.4g} to {high:.4g}"
        for name, (low, high) in contract.ranges.items()
    }
    parts = [
        f"# Discriminator of {' and '.join(contract.events)}",
        _section("Scores by event, held out, with 95 % intervals", scores),
        "## Limits\n\n" + "\n".join(f"- {limit}" for limit in _limits(contract)),
        _section("Input", _input(contract)),
        _section("Ranges of the training records", ranges),
        _section("Training", _training(contract)),
        _section("Decision", rule),
        f"## Classifier\n\n```\n{estimator!r}\n```",
        _section("Onsets", _onsets(picking or {})),
        _section("Versions", contract.versions),
        _section("Use", {"licence": license, "citation": citation}),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _limits(contract):
    """Return the limits, with the number of events where it is small."""
    n_events = sum(contract.events.values())
    if not 0 < n_events < MANY_EVENTS:
        return LIMITS
    few = f"It is fitted and scored on {n_events} events only; others may differ much."
    return (*LIMITS, few)


def _input(contract):
    """Return the facts of the input."""
    return {
        "kind": contract.kind,
        "shape of a record": contract.record_shape,
        "sampling rate in Hz": contract.sampling_rate,
        "components": contract.components,
        "units": contract.units,
        "window in seconds": contract.window,
        "relative to": contract.align,
        "noise below SNR in dB": contract.least_snr_db,
    }


def _onsets(picking):
    """Return the policy of onsets in words."""
    names = {
        "modes": "picks of a catalogue, by evaluation mode",
        "missing": "picked without such a pick",
        "threshold": "from ratio",
        "search": "within seconds of the origin",
        "doubtful": "doubtful ones",
    }
    return {text: picking[name] for name, text in names.items() if name in picking}


def _training(contract):
    """Return the facts of the training data."""
    return {
        "records": contract.n_records,
        **{f"events of {name}": size for name, size in contract.events.items()},
        **contract.folds,
        "digest": contract.digests.get("training"),
    }


def _section(title, facts):
    """Return a table of facts under a title, unknown ones named as such."""
    if not facts:
        return ""
    rows = []
    for name, value in facts.items():
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
        text = "not known" if value is None else text.replace("|", "\\|")
        rows.append(f"| {name} | {' '.join(text.split())} |")
    return f"## {title}\n\n| | |\n|---|---|\n" + "\n".join(rows)
