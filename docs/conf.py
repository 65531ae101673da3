"""How Sphinx builds these pages: ``sphinx-build -W -b html docs docs/_build`` with the package installed."""

from tinygrad_edu import __version__

project = "tinygrad-edu"
author = "The tinygrad-edu authors"
copyright = author
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
default_role = "code"  # what docstrings put between single backticks

# Markdown: "::: {note}" for directives, and an anchor for every heading down to the third level.
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

# Docstrings: NumPy's style, in the order of the source. The types are in the prose; signatures stay readable.
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"tinygrad-edu {version}"
html_static_path: list[str] = []
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "monokai"
