"""Film: a matplotlib animation that shows itself in a notebook and writes itself to a file. Importing this needs matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.animation import FuncAnimation, PillowWriter


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
