"""The command that trains a discriminator."""

from __future__ import annotations

import argparse

from ._arguments import count, output_file, share
from ._classifiers import add_classifier, make_pipeline
from ._data import DATA_HELP, add_data, read_labelled
from ._outcome import Outcome, describe
from ._stage import verbosity

HELP = "train a discriminator on labelled events"
DESCRIPTION = f"""\
Train a discriminator and write it with its model card. It is scored on events that are
held out, fold by fold. DATA is {DATA_HELP}.
"""
EXAMPLES = """\
  skseisfp train synthetic --n-records 120 -o synthetic.skops
  skseisfp train archive -o model.skops --max-error 0.1
  skseisfp train waveforms --events events.xml --classifier network --max-epochs 5 \
--cv 2 -o network.skops --json
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("data", nargs="+", metavar="DATA", help="labelled records")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="a .skops file"
    )
    parser.add_argument(
        "--card", metavar="FILE", help="model card (default: as --output, with .md)"
    )
    add_classifier(parser)
    group = parser.add_argument_group("discriminator")
    group.add_argument(
        "--cv", type=count, metavar="FOLDS", help="folds of events (default: 5)"
    )
    group.add_argument(
        "--max-error",
        type=share,
        metavar="SHARE",
        help="largest share of wrong decisions; other events are left undecided",
    )
    group.add_argument(
        "--error-of",
        choices=("decided", "classes"),
        default="decided",
        help="events of --max-error: the decided ones, or those of each class, however "
        "rare it is (default: %(default)s)",
    )
    group.add_argument("--license", help="for the card")
    group.add_argument("--citation", help="for the card")
    add_data(parser)


def run(options: argparse.Namespace) -> Outcome:
    """Train, and write the discriminator and its card."""
    output = output_file(options.output, (".skops",), "--output")
    card = output_file(
        options.card or str(output.with_suffix(".md")), (".md",), "--card"
    )
    bunch, reader, rejected = read_labelled(options, options.data)
    from .. import save
    from .._utils.atomic import write_file
    from ..inference import EventDiscriminator

    discriminator = EventDiscriminator(
        make_pipeline(options, bunch.sampling_rate),
        reader=reader,
        max_error=options.max_error,
        error_of=options.error_of,
        cv=options.cv,
        random_state=options.seed,
        license=options.license,
        citation=options.citation,
        verbose=verbosity(options),
    )
    discriminator.fit(bunch).set_params(verbose=0)
    save(discriminator, output)
    write_file(card, discriminator.model_card())
    contract = discriminator.contract_
    facts = {
        "output": output,
        "card": card,
        "n_records": contract.n_records,
        "events": contract.events,
        "scores": {
            name: {"score": score, **_interval(low, high)}
            for name, (score, low, high) in contract.scores.items()
        },
        "folds": contract.folds,
    }
    lines = {
        "model": output,
        "card": card,
        "records": contract.n_records,
        "events": ", ".join(f"{n} {name}" for name, n in contract.events.items()),
    }
    lines |= {
        name.replace("_", " "): text
        for name, text in contract.describe_scores().items()
    }
    text = f"{describe(lines)}\nScores are of events held out of the same data set."
    return Outcome(facts, text, rejected)


def _interval(low, high):
    """Return the ends of an interval; those of one without width are not known."""
    return {"low": low, "high": high} if low != high else {"low": None, "high": None}
