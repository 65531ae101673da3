"""Figures of matplotlib, still and moving, that show themselves in a notebook. Importing this needs matplotlib."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.animation import FuncAnimation, PillowWriter
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


class Film(FuncAnimation):
    """A ``matplotlib.animation.FuncAnimation``."""

    def __init__(self, figure: Any, show: Any, **kwargs: Any) -> None:
        super().__init__(figure, show, cache_frame_data=False, **kwargs)
        self.interval = kwargs["interval"]
        self._draw_was_started = True  # it need not be shown: no warning, then

    def _repr_html_(self) -> str:
        """What a notebook shows: the film, with buttons."""
        return str(self.to_jshtml(default_mode="once"))

    def write(self, file: Any) -> None:
        """Write the film to `file`, in the format that its suffix names."""
        if Path(file).suffix.lower() == ".html":
            Path(file).write_text(self._repr_html_(), encoding="utf-8")
        else:
            self.save(file, writer=PillowWriter(fps=1000 / self.interval))
