"""A progress bar: tqdm's if it is installed, or else one line for each epoch."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any


class EpochProgress:
    """A progress bar for one epoch, with figures such as the cost, and the images per second."""

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total, self.seen, self.start = title, total, 0, time.perf_counter()
        self.bar: Any = None
        try:
            from tqdm import tqdm
        except ImportError:
            return
        self.bar = tqdm(total=total, desc=title, unit=" images", unit_scale=True, mininterval=0.1)

    def show(self, images: int, **figures: float) -> None:
        """Count this many more images as done, and show their figures."""
        self.seen += images
        self.figures = figures
        if self.bar is not None:
            self.bar.set_postfix({k: f"{v:.4f}" for k, v in figures.items()}, refresh=False)
            self.bar.update(images)

    def __enter__(self) -> EpochProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()
        elif self.seen:
            speed = self.seen / (time.perf_counter() - self.start)
            text = "  ".join(f"{k} {v:.4f}" for k, v in self.figures.items())
            print(f"{self.title}: {text}  {speed:,.0f} images/s", flush=True)
