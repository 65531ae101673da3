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
    """A ``matplotlib.figure.Figure`` that ``pyplot`` doesn't know; ``savefig``, ``axes`` and all else are as usual."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """Return the image for a notebook: with twice the pixels, for fine screens, and the size to show it in."""
        file = BytesIO()
        self.savefig(file, format="png", dpi=2 * DPI)
        width, height = (round(inches * DPI) for inches in self.get_size_inches())
        return file.getvalue(), {"width": width, "height": height}


class Film(FuncAnimation):
    """A ``matplotlib.animation.FuncAnimation`` that shows itself in a notebook, and has ``write``."""

    def __init__(self, figure: Any, show: Any, **kwargs: Any) -> None:
        super().__init__(figure, show, cache_frame_data=False, **kwargs)
        self.interval = kwargs["interval"]
        self._draw_was_started = True  # so that there is no warning if it is never shown

    def _repr_html_(self) -> str:
        """Return the film with buttons, for a notebook."""
        return str(self.to_jshtml(default_mode="once"))

    def write(self, file: Any) -> None:
        """Write the film to `file`, in the format that its suffix names."""
        if Path(file).suffix.lower() == ".html":
            Path(file).write_text(self._repr_html_(), encoding="utf-8")
        else:
            self.save(file, writer=PillowWriter(fps=1000 / self.interval))
