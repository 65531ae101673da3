"""The look of all pictures: the colours of the palette, on the paper that the reader has set.

Ink and paper are matplotlib's own settings. So pictures that are made under
``matplotlib.style.context("dark_background")`` are dark, and settings for a printed page hold for these pictures too.
"""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

from ..introspection.palette import PALETTES, Palette

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHTS = "viridis"  # for a loss: light is high, also in grey
WIDTH = 7.2  # of a figure in inches: on a telephone, 390 pixels wide, SMALL letters then have 9 pixels
SMALL, LARGE = 12.0, 13.0  # letters of ticks, labels and legends; of titles
LETTERS = 10.6  # LARGE ones in an inch
FAINT = 0.55  # the strength of text that only explains


def figure(width: float, height: float) -> Figure:
    """Return an empty figure, independent of any window; sizes are in inches."""
    try:
        from .figures import DPI, Plate
    except ImportError as error:
        raise ImportError(
            "pictures of training and of networks need matplotlib: pip install 'tinygrad-edu[train]'"
        ) from error
    return Plate(figsize=(width, height), layout="constrained", dpi=DPI)


def figure_of(ax: Any, width: float, height: float, **kwargs: Any) -> tuple[Any, Any]:
    """Return a figure and its only axes: those around `ax`, or new ones if it is None."""
    if ax is None:
        plate = figure(width, height)
        return plate, plate.add_subplot(**kwargs)
    if not hasattr(ax, "get_figure"):
        raise TypeError(f"ax must be matplotlib's Axes, such as figure.subplots() returns; got {type(ax).__name__}")
    return ax.get_figure(), ax


def headline(plate: Any, text: str) -> None:
    """Write a title above a whole figure, in as many lines as it needs there."""
    plate.suptitle(fill(text, max(12, int(plate.get_size_inches()[0] * LETTERS))), fontsize=LARGE)


def entitle(axes: Any, text: str) -> None:
    """Write a title above axes, at the left, in as many lines as it needs there."""
    inches = 1.25 * axes.get_window_extent().width / axes.get_figure().dpi  # they grow when the figure is laid out
    letters = inches * LETTERS * LARGE / large(axes)
    axes.set_title(fill(text, max(12, int(letters))), fontsize=large(axes), loc="left")


def dress(axes: Any, title: str = "", x: str = "", y: str = "") -> Any:
    """Give axes two spines, a title at the left, and labels."""
    axes.spines[["top", "right"]].set_visible(False)
    entitle(axes, title)
    axes.set_xlabel(x, fontsize=small(axes))
    axes.set_ylabel(y, fontsize=small(axes))
    axes.tick_params(labelsize=small(axes))
    return axes


def small(axes: Any) -> float:
    """Return the size of letters that explain; in a figure of the reader's, by the reader's settings."""
    return SMALL * scale(axes)


def large(axes: Any) -> float:
    """Return the size of a title's letters."""
    return LARGE * scale(axes)


def scale(axes: Any) -> float:
    """Return 1 in figures of ours, and in others what makes LARGE letters as large as the reader's."""
    import matplotlib

    from .figures import Plate

    return 1.0 if isinstance(axes.get_figure(), Plate) else float(matplotlib.rcParams["font.size"]) / LARGE


def ink() -> str:
    """Return the colour of text."""
    import matplotlib

    return str(matplotlib.rcParams["text.color"])


def paper() -> str:
    """Return the colour behind everything."""
    import matplotlib

    return str(matplotlib.rcParams["axes.facecolor"])


def palette() -> Palette:
    """Return the colours for this paper."""
    return PALETTES["dark" if is_dark() else "light"]


def curve_colours(n: int) -> list[str]:
    """Return colours for `n` curves or classes."""
    several = (palette().positive, palette().negative, *palette().others)
    return [several[i % len(several)] for i in range(n)]


def is_dark() -> bool:
    """Say whether the paper is darker than grey."""
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(paper())
    return 0.3 * red + 0.6 * green + 0.1 * blue < 0.5


def sign_colours() -> Any:
    """Return the colours from negative over zero, which is paper, to positive."""
    from matplotlib.colors import LinearSegmentedColormap

    ends = ("#ffd5bd", "#c6e3fb") if is_dark() else ("#7d2a0c", "#123f6e")
    return LinearSegmentedColormap.from_list(
        "signed", [ends[0], palette().negative, paper(), palette().positive, ends[1]]
    )


def lit() -> Any:
    """Return the colours from no activation to full activation: from paper to ink, as pixels are drawn."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("lit", [paper(), ink()])


def shades(values: Any, scale: float | None = None, signed: bool = False) -> dict[str, Any]:
    """Return the colours of an array as keywords of ``imshow`` and of collections; signs if some are negative."""
    import numpy as np
    from matplotlib.colors import Normalize

    finite = np.abs(values[np.isfinite(values)])
    most = scale or float(finite.max(initial=0)) or 1.0
    with np.errstate(invalid="ignore"):
        both = signed or bool((values < 0).any())
    return {"cmap": sign_colours() if both else lit(), "norm": Normalize(-most if both else 0.0, most)}
