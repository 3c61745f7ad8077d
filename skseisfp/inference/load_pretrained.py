"""Discriminators that come with the package."""

from __future__ import annotations

import warnings
from hashlib import sha256
from importlib.resources import as_file, files

from sklearn.exceptions import InconsistentVersionWarning

from .._utils.checks import check_option
from ..persistence import load
from .pretrained_discriminator import PretrainedDiscriminator

PACKAGE = __name__.rpartition(".")[0]
CHECKSUMS = {  # SHA-256 by name, from benchmarks/train_pretrained.py
    "pnw": "139def8f0c73690a0a3fd45e68c10a8a9f2e0ef029b342fd710e3b6043900549",
    "pnw_network": "5e15c7f909cd8db5ada42060fa1360169439f25180febfb806f4f3ffe29a25e2",
}


def load_pretrained(name: str) -> PretrainedDiscriminator:
    """Load a discriminator that comes with the package.

    They were trained on earthquakes and explosions of the Pacific Northwest, vertical
    records of 5 s before to 27 s after P at 40 Hz in counts, by
    ``benchmarks/train_pretrained.py``, for demonstration and as a start for
    `fine_tune`. Read `model_card` first: it begins with what was confirmed on events
    that were held out from all development, and what was not. `discriminate` warns of
    it, and its comments have the name.

    Parameters
    ----------
    name : {"pnw", "pnw_network"}
        ``"pnw"``: a forest of extra trees on a 16 x 16 log-scalogram. Such forests were
        never tuned, and kept their scores on held-out events. ``"pnw_network"``: a
        network on two planes of a fingerprint, which `fine_tune` can train further; the
        confirmed score of such networks is not above that of the year of the event.

    Returns
    -------
    PretrainedDiscriminator
        A fitted `EventDiscriminator`, with a reader.

    Raises
    ------
    ValueError
        If there is no discriminator of this name, or its file is not that of this
        version of the package.
    ImportError
        If skops is not installed.

    See Also
    --------
    fine_tune : Train a network further on events of your own.
    skseisfp.load : Discriminators that you have saved.

    Examples
    --------
    >>> from skseisfp.inference import load_pretrained
    >>> discriminator = load_pretrained("pnw")
    >>> contract = discriminator.contract_
    >>> contract.sampling_rate, contract.components, contract.window
    (40.0, 'Z', (-5.0, 27.0))
    >>> list(contract.events)
    ['earthquake', 'explosion']
    """
    check_option("name", name, tuple(CHECKSUMS))
    source = files(PACKAGE) / "pretrained" / f"{name}.skops"
    with as_file(source) as path:
        found = sha256(path.read_bytes()).hexdigest()
        if found != CHECKSUMS[name]:
            raise ValueError(
                f"{path} has the SHA-256 checksum {found}, not {CHECKSUMS[name]}: it "
                "is damaged, or not the file of this version. Install skseisfp again."
            )
        with warnings.catch_warnings():
            # trees and weights are plain arrays, and the tests of each release compare
            # their predictions with stored ones
            warnings.filterwarnings("ignore", "(?s).*was written with", UserWarning)
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            discriminator = load(path)
    discriminator.pretrained_name_ = name
    return discriminator
