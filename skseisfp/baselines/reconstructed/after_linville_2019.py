"""The convolutional network on the spectrograms of Linville et al. (2019)."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from .._networks import BinaryHead, LayeredNet, count_outputs, initialise, pad_to
from .linville_lstm import LinvilleLSTM

_FILTERS = (18, 36, 54, 54)
# four convolutions of 2 x 2 and pools of 2 leave one of 31: 31, 15, 7, 3, 1
_LEAST_IMAGE = (31, 31)


class LinvilleConvolutions(LayeredNet):
    """Four convolutions with pools and an output."""

    def __init__(self, input_shape: tuple[int, ...], n_classes: int) -> None:
        super().__init__()
        trunk = nn.Sequential()
        n_inputs = input_shape[0]
        for n_filters in _FILTERS:
            convolution = nn.Conv2d(n_inputs, n_filters, 2)
            trunk.extend([convolution, nn.ReLU(), nn.MaxPool2d(2)])
            n_inputs = n_filters
        head = BinaryHead(count_outputs(trunk, input_shape), n_classes)
        self.layers = nn.Sequential(trunk, nn.Flatten(), head)
        initialise(self)
        for part in trunk:
            if isinstance(part, nn.Conv2d):
                nn.init.xavier_normal_(part.weight)


class AfterLinville2019(LinvilleLSTM):
    """Convolutional network on spectrograms after Linville et al., rebuilt by others.

    See Also
    --------
    LinvilleLSTM : The recurrent network of the same paper.

    Notes
    -----
    A reconstruction. [1]_ compare a convolutional and a recurrent network on
    spectrograms of 90 s. The layers of their convolutional one are not known here;
    these are the ones of the network that the public code of [2]_ has in its place:
    convolutions of 2 x 2 with 18, 36, 54 and 54 filters, a pool of 2 x 2 after each,
    and the output. For three channels of 90 s and two classes, whose output is one
    sigmoid, it has 22,519 parameters; more classes take a softmax, with which two would
    have 22,628.

    Input and training are those of `LinvilleLSTM`. Images below 31 x 31 are padded
    with zeros.

    The paper reports above 98 % agreement with the labels of analysts for earthquakes
    and quarry blasts in Utah, for both of its networks.

    References
    ----------
    .. [1] Linville, Pankow and Draelos (2019), Deep learning models augment analyst
       decisions for event discrimination, Geophysical Research Letters 46(7),
       doi:10.1029/2018GL081119

    .. [2] Ertuncay et al. (2024), public code at
       https://github.com/Machine-Learning-in-Seismology/CNN-Earthquake-Explosion

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import AfterLinville2019
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 1000))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = AfterLinville2019(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y, groups=np.arange(len(y))).predict_proba(X).shape
    (8, 2)
    """

    published = replace(
        LinvilleLSTM.published,
        published_parameters=22_519,
        caveats=(
            "Layers are not those of the paper, which are unknown, but those of the "
            "network that Ertuncay et al. trained in its place. About 1 % of the "
            "labels were wrong."
        ),
    )
    _module = LinvilleConvolutions

    def _represent(self, X):
        return pad_to(super()._represent(X), _LEAST_IMAGE)
