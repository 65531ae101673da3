"""Plate: a matplotlib figure that belongs to no window and shows itself in a notebook. Importing this needs matplotlib."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

DPI = 100


class Plate(Figure):
    """A ``matplotlib.figure.Figure``: ``savefig``, ``axes`` and all the rest are as usual; ``pyplot`` knows nothing of it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """What a notebook shows: with twice the pixels, for fine screens, and the size that it should have."""
        file = BytesIO()
        self.savefig(file, format="png", dpi=2 * DPI)
        width, height = (round(inches * DPI) for inches in self.get_size_inches())
        return file.getvalue(), {"width": width, "height": height}
