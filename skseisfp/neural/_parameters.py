"""Parameters that go through to skorch, such as ``module__conv1_filter_size``."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any, Self

from sklearn.base import BaseEstimator

from .._utils.names import nearest_name

_PLAIN = (
    "iterator_train",
    "iterator_valid",
    "predict_nonlinearity",
    "torch_load_kwargs",
    "use_caching",
)
_COMPONENTS = ("module", "criterion", "optimizer", "iterator_train", "iterator_valid")
_OPEN = ("callbacks__", "optimizer__param_groups")
_REJECTED = {
    "train_split": " Use early_stopping and validation_fraction.",
    "class_weight": (
        " Use balance='weights', 'views' or 'events' for classes of unequal size, and "
        "sample_weight in fit for weights of records."
    ),
    "compile": (
        " Networks are not compiled: their weights would depend on the compiler, and "
        "the network on the sizes of its batches."
    ),
}
_PREFIXES = (*(f"{part}__" for part in _COMPONENTS), *_OPEN)
_FROM_FIT = ("input_shape", "n_classes", "dataset", "sampler", "params")


def component_parameters(component):
    """Return the named parameters of a class or function with their defaults."""
    return {
        name: parameter.default
        for name, parameter in signature(component).parameters.items()
        if parameter.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
        and name not in _FROM_FIT
    }


def accepts(component, name):
    """Return whether a component takes a parameter of this name."""
    if name in component_parameters(component):
        return True
    if hasattr(component, "accepts_parameter"):
        return component.accepts_parameter(name)
    kinds = [item.kind for item in signature(component).parameters.values()]
    return Parameter.VAR_KEYWORD in kinds


def _is_passed(name):
    return name in _PLAIN or name.startswith(_PREFIXES)


class PassthroughParameters(BaseEstimator):
    """An estimator whose other parameters belong to the parts of a skorch network.

    They are kept as attributes of their names and listed by `get_params`, those of
    the module also where they are not set. A subclass gives `_possible_components`.
    """

    _is_passed = staticmethod(_is_passed)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters of this estimator and of its network.

        Parameters
        ----------
        deep : bool, default=True
            List the parameters of the module that are not set, too, and those of the
            augmenter.

        Returns
        -------
        dict
            Values by name.
        """
        params = super().get_params(deep=deep)
        if deep:
            for module in self._possible_components("module"):
                for name, default in component_parameters(module).items():
                    if default is not Parameter.empty:
                        params[f"module__{name}"] = default
        return params | self._passed_parameters()

    def _possible_components(self, part):
        """Return the classes or functions that may be a part of the network."""
        raise NotImplementedError

    def _passed_parameters(self):
        """Return the parameters that are set for the parts of the network."""
        return {name: value for name, value in vars(self).items() if _is_passed(name)}

    def _parameters_of(self, part):
        """Return the parameters that are set for one part, without its prefix."""
        prefix = f"{part}__"
        return {
            name.removeprefix(prefix): value
            for name, value in self._passed_parameters().items()
            if name.startswith(prefix)
        }

    def set_params(self, **params: Any) -> Self:
        """Set parameters of this estimator and of its network.

        Parameters
        ----------
        **params : object
            Values by name; ``module__conv1_filter_size`` is the parameter
            ``conv1_filter_size`` of the module.

        Returns
        -------
        self
            This estimator.

        Raises
        ------
        ValueError
            If a name is unknown; the message has the nearest known one.
        """
        own = super().get_params(deep=False)
        for name in own.keys() & params.keys():
            setattr(self, name, params[name])
        passed = {}
        for name in (name for name in params if name not in own):
            part, _, rest = name.partition("__")
            if part in own and hasattr(getattr(self, part), "set_params"):
                getattr(self, part).set_params(**{rest: params[name]})
            else:
                passed[name] = params[name]
        self._check_names(passed, ValueError)
        vars(self).update(passed)
        return self

    def _check_names(self, names, error):
        """Raise for names that no part of the network takes; name the nearest one."""
        for name in names:
            if not self._takes(name):
                hint = _REJECTED.get(name) or nearest_name(
                    name, self._known_names(name)
                )
                raise error(
                    f"{name!r} is not a parameter of {type(self).__name__}.{hint}"
                )

    def _known_names(self, without):
        """Return all names that could be meant by an unknown one."""
        known = [*self.get_params(deep=True), *_PLAIN]
        for part in _COMPONENTS:
            for component in self._possible_components(part):
                known += [f"{part}__{name}" for name in component_parameters(component)]
        return [name for name in known if name != without]

    def _takes(self, name):
        """Return whether a part of the network takes a parameter."""
        if name in _PLAIN or name.startswith(_OPEN) or name == "kwargs":
            return True
        part, _, rest = name.partition("__")
        return part in _COMPONENTS and any(
            accepts(component, rest) for component in self._possible_components(part)
        )
