"""The error of functions that can't be captured."""


class CaptureError(RuntimeError):
    """A function can't be replayed, or would not give what it gives when it is run."""
