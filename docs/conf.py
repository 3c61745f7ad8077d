"""Configuration of the Sphinx site."""

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
numpydoc_show_class_members = False
toc_object_entries_show_parents = "hide"

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "abort_on_example_error": True,
    "doc_module": ("skseisfp",),
    "backreferences_dir": "api/generated/backreferences",
    "reset_argv": "gallery_arguments.quick_study",
    "within_subsection_order": "ExampleTitleSortKey",
    "show_memory": False,
    "capture_repr": (),
    "download_all_examples": False,
}

html_theme = "pydata_sphinx_theme"
html_title = f"skseisfp {version}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_theme_options = {
    "show_prev_next": False,
    "header_links_before_dropdown": 5,
    "navigation_depth": 2,
    "show_nav_level": 1,
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "default",
}


def skip_metadata_requests(app, what, name, obj, skip, options):
    """Leave out the ``set_*_request`` methods that scikit-learn makes."""
    return skip or (name.startswith("set_") and name.endswith("_request"))


def write_experiment_report(app):
    """Write the report of the experiment from its cube."""
    folder = Path(app.srcdir) / "_static" / "experiment_4"
    cube = ResultCube.from_netcdf(folder / "experiment_4.nc")
    write_report(cube, folder / "report.html")


def setup(app):
    """Connect the steps that no extension has."""
    app.connect("builder-inited", draw_layers.main)
    app.connect("builder-inited", write_experiment_report)
    app.connect("autodoc-skip-member", skip_metadata_requests)
    app.connect("source-read", insert_systems)
