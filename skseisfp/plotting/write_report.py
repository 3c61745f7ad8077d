"""The report page of a result cube."""

from __future__ import annotations

from html import escape
from os import PathLike
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from .._utils.atomic import write_file
from .._utils.optional import import_optional
from .._utils.provenance import summary
from ._page_parts import read_part
from ._report_data import collect_data, dump_data
from ._report_provenance import provenance_part

if TYPE_CHECKING:
    from ..sweep import ResultCube

STYLES = ("_report/base.css", "_report/style.css")
SCRIPTS = ("study.js", "views.js", "trial.js", "app.js")


def write_report(
    cube: ResultCube,
    path: str | PathLike[str],
    *,
    title: str = "Study",
    input_shape: tuple[int, int, int] | None = None,
    n_classes: int | None = None,
    architecture: dict[str, Any] | None = None,
) -> Path:
    """Write a result cube as a page for a browser.

    The page is one file without links to others. It turns the cube, cuts it by sliders,
    draws surfaces, heat maps, curves, parallel coordinates and the Pareto plot, and
    shows the parameters, the scores of the folds, the confusion matrix, the learning
    history and the architecture of each trial. Below them it says what was run: the
    plan, the events and records by class, the folds, the versions of the packages and
    the date.

    Parameters
    ----------
    cube : ResultCube
        The cube.
    path : str or path-like
        File to write; an old one is replaced when the page is complete.
    title : str, default="Study"
        Title of the page.
    input_shape : tuple of int, default=None
        Channels, rows and columns of one fingerprint, for the diagrams of the networks.
        None is that of the sweep, and (1, 64, 64) where the cube does not know it.
    n_classes : int, default=None
        Number of classes, for the diagrams; None is that of the sweep.
    architecture : dict, default=None
        Parameters of :func:`skseisfp.neural.layer_catalogue` that were the same in
        all trials, for the diagrams. None are those of the sweep, and the defaults
        where the cube does not know them.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If no parameter was varied, or no trial is complete.
    OSError
        If the file cannot be written.

    Notes
    -----
    A diagram whose network has another number of parameters than the trial is not
    drawn; the page says so. What the cube does not know, as cubes of tables and of
    files of earlier versions do not, is said to be not recorded. The date is that of
    the sweep, so that the page of a cube is the same whenever it is written.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skseisfp.sweep import ResultCube
    >>> from skseisfp.plotting import write_report
    >>> grid = {"max_depth": [1, 2, 3], "min_samples_leaf": [1, 4]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=3)
    >>> cube = ResultCube.from_search(search.fit(*load_iris(return_X_y=True)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_report(cube, f"{folder}/study.html")
    ...     page.stat().st_size > 1_000_000
    True
    """
    if not hasattr(cube, "parameters"):
        raise TypeError(
            f"cube must be a ResultCube; got {type(cube).__name__}. "
            "ResultCube.from_search makes one of a search."
        )
    if not cube.parameters:
        raise ValueError("The cube has no varied parameter to draw over.")
    offline = import_optional("plotly.offline", extra="report")
    data = collect_data(
        cube, input_shape=input_shape, n_classes=n_classes, architecture=architecture
    )
    page = Template(read_part("_report/page.html")).substitute(
        title=escape(title),
        style="".join(map(read_part, STYLES)),
        plotly=offline.get_plotlyjs().replace("</script", "<\\/script"),
        study=dump_data(data),
        summary=escape(summary(cube.provenance)),
        provenance=provenance_part(cube),
        script="\n".join(read_part(f"_report/{name}") for name in SCRIPTS),
    )
    write_file(path, page)
    return Path(path)
