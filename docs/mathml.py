"""Mathematics as MathML, which browsers set by themselves: written when the pages are built, and nothing is fetched."""

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)
ALIGN = re.compile(r"\\(begin|end)\{(align|equation)\*?\}")  # docutils aligns at & without being told


def render_inline(page: HTML5Translator, node: nodes.math) -> None:
    """``$...$``."""
    page.body.append(mathml(node, as_block=False))
    raise nodes.SkipNode


def render_block(page: HTML5Translator, node: nodes.math_block) -> None:
    """``$$...$$``, or an environment such as ``align``."""
    page.body.append(f'<div class="math">{mathml(node, as_block=True)}</div>\n')
    raise nodes.SkipNode


def mathml(node: nodes.Element, as_block: bool) -> str:
    formula = ALIGN.sub("", node.astext()).replace(r"\dots", r"\ldots")
    try:
        return tex2mathml(formula, as_block)
    except MathError as error:
        logger.warning("mathematics: %s, in %s", error, formula, location=node)
        return formula


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", (render_inline, None), (render_block, None))
