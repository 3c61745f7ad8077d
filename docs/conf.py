"""Configuration of the Sphinx site."""

import os
import sys
from pathlib import Path

import skseisfp
from skseisfp.plotting import write_report
from skseisfp.sweep import ResultCube

sys.path.insert(0, str(Path(__file__).parent))

import draw_layers
from published_tables import insert_systems

project = "skseisfp"
author = "The skseisfp developers"
copyright = author
version = release = skseisfp.__version__

extensions = [
    "myst_parser",
    "native_math",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autosummary_imported_members = True
autosummary_ignore_module_all = False
autodoc_preserve_defaults = True
autodoc_typehints = "none"  # the docstrings have types, with ranges
python_maximum_signature_line_length = 88
numpydoc_show_class_members = False
toc_object_entries_show_parents = "hide"
html_math_renderer = "mathml"

# Links to other packages need the network, which a build without it must not miss.
if os.environ.get("SKSEISFP_INTERSPHINX") == "1":
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "joblib": ("https://joblib.readthedocs.io/en/stable/", None),
        "matplotlib": ("https://matplotlib.org/stable/", None),
        "numpy": ("https://numpy.org/doc/stable/", None),
        "obspy": ("https://docs.obspy.org/", None),
        "optuna": ("https://optuna.readthedocs.io/en/stable/", None),
        "pandas": ("https://pandas.pydata.org/docs/", None),
        "python": ("https://docs.python.org/3/", None),
        "scipy": ("https://docs.scipy.org/doc/scipy/", None),
        "sklearn": ("https://scikit-learn.org/stable/", None),
        "skorch": ("https://skorch.readthedocs.io/en/stable/", None),
        "torch": ("https://docs.pytorch.org/docs/stable/", None),
        "xarray": ("https://docs.xarray.dev/en/stable/", None),
    }
    numpydoc_xref_param_type = True
    numpydoc_xref_aliases = {"bool": "bool"}
    numpydoc_xref_ignore = "all"

GALLERY_ORDER = [
    f"../examples/{folder}"
    for folder in (
        "first_steps",
        "records",
        "models",
        "sweeps",
        "evaluation",
        "in_use",
    )
]
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "abort_on_example_error": True,
    "doc_module": ("skseisfp",),
    "backreferences_dir": "api/generated/backreferences",
    "reset_argv": "gallery_arguments.quick_study",
    "subsection_order": GALLERY_ORDER,
    "within_subsection_order": "ExampleTitleSortKey",
    "show_memory": False,
    "write_computation_times": False,
    "capture_repr": ("_repr_html_",),
    "remove_config_comments": True,
    "download_all_examples": False,
}

html_theme = "pydata_sphinx_theme"
html_title = f"skseisfp {version}"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_context = {"default_mode": "auto"}
html_search_scorer = str(Path(__file__).parent / "search_scorer.js")
html_css_files = ["pages.css"]
html_theme_options = {
    "show_prev_next": False,
    "header_links_before_dropdown": 5,
    "navigation_depth": 2,
    "show_nav_level": 1,
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "default",
}


def skip_members(app, what, name, obj, skip, options):
    """Leave out methods that scikit-learn makes, and those of other packages."""
    function = getattr(obj, "fget", obj)
    module = getattr(getattr(function, "__func__", function), "__module__", None)
    is_request = name.startswith("set_") and name.endswith("_request")
    is_foreign = module is not None and not module.startswith("skseisfp")
    return skip or is_request or (what == "class" and is_foreign)


def write_experiment_report(app):
    """Write the report of the experiment from its cube."""
    folder = Path(app.srcdir) / "_static" / "experiment_4"
    cube = ResultCube.from_netcdf(folder / "experiment_4.nc")
    write_report(cube, folder / "report.html")


def setup(app):
    """Connect the steps that no extension has."""
    app.connect("builder-inited", draw_layers.main)
    app.connect("builder-inited", write_experiment_report)
    app.connect("autodoc-skip-member", skip_members)
    app.connect("source-read", insert_systems)
