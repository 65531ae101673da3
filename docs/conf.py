"""How Sphinx builds these pages: ``sphinx-build -W -b html docs docs/_build``, with the package and its extra `docs` installed."""

import logging
import sys
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx

from tinygrad_edu import __version__

sys.path.insert(0, str(Path(__file__).parent))

import cards
import example_pages
import explored
import links
import mathml
import numpy_functions
import pictured

project = "tinygrad-edu"
author = "The tinygrad-edu authors"
copyright = author
version = release = __version__

extensions = ["myst_parser", "sphinx_design", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
default_role = "code"  # what docstrings put between single backticks

# Markdown: ":::{note}" for directives, mathematics between dollars, and an anchor for every heading down to the third level.
myst_enable_extensions = ["colon_fence", "dollarmath", "amsmath"]
myst_dmath_allow_digits = False  # $5 and $6 are prices
myst_heading_anchors = 3
myst_html_meta = {
    "description": "A reverse-mode autograd engine on NumPy to learn, teach and build with: backpropagation step by step, "
    "multilayer perceptrons, convolutional and recurrent networks, transformers.",
    "keywords": "autograd, backpropagation, automatic differentiation, multilayer perceptron, neural networks, NumPy, course",
}

# Docstrings: NumPy's style, in the order of the source. The types are in the prose; signatures stay readable.
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"tinygrad-edu {version}"
html_static_path = ["static"]
html_favicon = "static/favicon.svg"
html_css_files = ["mathematics.css", "pictures.css", "examples.css"]
html_js_files = ["copy.js", "enlarge.js", "live.js"]
html_copy_source = False
html_math_renderer = "mathml"
html_theme_options = {"navigation_with_keys": True}
pygments_style = "a11y-high-contrast-light"  # every colour can be read on its ground
pygments_dark_style = "a11y-high-contrast-dark"
logging.getLogger("matplotlib").setLevel(logging.WARNING)  # these styles make every logger print what it has


class NumpyFunctions(Directive):
    """``{numpy-functions} np.linalg``: the table of the functions of a namespace."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        section = nodes.container()
        self.state.nested_parse(StringList(numpy_functions.table(self.arguments[0]), "numpy_functions.py"), 0, section)
        return section.children


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    for part in mathml, example_pages, explored, cards, links:
        part.setup(app)
    app.add_directive("numpy-functions", NumpyFunctions)
    app.add_directive("picture", pictured.Picture)
